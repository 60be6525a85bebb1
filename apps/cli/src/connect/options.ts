/** The options that commands share, with one wording each. */
import { Option } from '@commander-js/extra-typings';
import { outputs } from '../terminal/print.ts';

export const outputOption = () =>
  new Option('-o, --output <format>', 'what to print').choices(outputs).default('text' as const);

export const addressOption = () =>
  new Option('--address <host:port>', 'where the server is (default: PERDURE_ADDRESS)');

export const dataDirOption = () =>
  new Option(
    '--data-dir <folder>',
    "data directory of 'perdure dev' to connect to (default: .perdure/dev)",
  );

export const apiKeyNamespaceOption = () =>
  new Option('--namespace <name>', 'namespace of the API key (default: PERDURE_NAMESPACE)');

export const runIdOption = () =>
  new Option('--run-id <id>', 'a certain run of the workflow (default: the latest)');
