/** How one event type stands in JSON. */
import type { EventAttributes, EventType } from '../history/events.ts';
import type { JsonObject } from './json.ts';
import { type Fields, type Places, fields } from './message.ts';
import type { Scene } from './scene.ts';

/** What a table has beside its lines. */
export interface TableOptions<A> {
  /** Fields that Temporal has and we do not keep: made up, the same for the same event. */
  readonly made?: (attributes: A, scene: Scene) => JsonObject;
  /** Takes out of what was read what {@link made} had put in. */
  readonly tidy?: (attributes: A) => A;
  /** Where the id of the workflow stands that the payloads belong to, with dots; see `sceneOf`. */
  readonly subject?: string;
}

/** Tables of some event types. */
export type EventTables<T extends EventType> = {
  readonly [K in T]: readonly [
    places: Places<EventAttributes<K>>,
    options?: TableOptions<EventAttributes<K>>,
  ];
};

/** A table ready for use. */
export interface EventTable<A> {
  readonly fields: Fields<A>;
  readonly made: (attributes: A, scene: Scene) => JsonObject;
  readonly tidy: (attributes: A) => A;
  readonly subject: readonly string[] | undefined;
}

/** Makes the table of an event type ready. */
export function tableOf<A>(places: Places<A>, options: TableOptions<A> = {}): EventTable<A> {
  const { made = () => ({}), tidy = (attributes) => attributes, subject } = options;
  return { fields: fields(places), made, tidy, subject: subject?.split('.') };
}

/** The id by which a worker would have asked: one per event. */
export function requestId(_attributes: unknown, { eventId }: Scene): JsonObject {
  return { requestId: `perdure-${eventId}` };
}

/** The namespace of the other workflow, which is always that of the history. */
export function sameNamespace(_attributes: unknown, { namespace }: Scene): JsonObject {
  return namespace === undefined ? {} : { namespace };
}
