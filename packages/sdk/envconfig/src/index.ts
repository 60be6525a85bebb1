/** PERDURE_* environment variables to connection options. */
export {
  type ClientConnectConfig,
  type ClientConnectOverrides,
  DEFAULT_ADDRESS,
  DEFAULT_NAMESPACE,
  checkApiKey,
  loadClientConnectConfig,
} from './client-connect-config.ts';
