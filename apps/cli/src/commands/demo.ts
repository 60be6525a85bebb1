import { Command } from '@commander-js/extra-typings';

export function demoCommand(): Command {
  return new Command('demo');
}
