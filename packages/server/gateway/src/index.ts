/** The gateway: the only listener. */
export { type Gateway, type GatewayParts, startGateway } from './gateway.ts';
