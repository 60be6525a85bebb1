/** The control plane: namespaces, API keys, and who is calling. */
export { type ControlPlane, createControlPlane } from './control-plane.ts';
