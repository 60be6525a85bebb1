/** The parts of the demo that its command needs. */
export { tailOf } from './processes.ts';
export { Report } from './report.ts';
export { onStage } from './stage.ts';
export { playDemo } from './story.ts';
