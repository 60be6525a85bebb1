/**
 * Messages as tables: which attribute of ours stands where in JSON, in what form. The types demand a
 * line for every attribute, so an attribute added to a record is missing here at compile time.
 */
import type { Form } from './forms.ts';
import { type Json, type JsonObject, objectOf, putAt, valueAt } from './json.ts';
import type { Scene } from './scene.ts';

/**
 * Where an attribute stands: in Temporal's attributes; beside them on the event; or under `perdure`
 * on the event, a field that readers of Temporal's JSON pass over because they do not know it.
 */
type Root = 'attributes' | 'event' | 'perdure';

/** Where and how one attribute stands. */
export interface Place<T> {
  readonly root: Root;
  /** Names from the root to the value, with dots between them. */
  readonly path: string;
  readonly form: Form<T>;
}

/** A line for every attribute; a form alone means: in the attributes, under our own name. */
export type Places<A> = { readonly [K in keyof A]-?: Form<A[K]> | Place<A[K]> };

/** In Temporal's attributes, under a name of Temporal's or deeper. */
export function at<T>(path: string, form: Form<T>): Place<T> {
  return { root: 'attributes', path, form };
}

/** On the event itself. */
export function onEvent<T>(path: string, form: Form<T>): Place<T> {
  return { root: 'event', path, form };
}

/** Temporal has no such field. */
export function ours<T>(path: string, form: Form<T>): Place<T> {
  return { root: 'perdure', path, form };
}

/** A table ready for use. */
export interface Fields<A> {
  /** Puts every attribute that is there into its place. */
  write(value: A, roots: Readonly<Record<Root, JsonObject>>, scene: Scene): void;
  /** @throws TypeError naming the field that is of another form */
  read(roots: Readonly<Record<Root, JsonObject>>, scene: Scene): A;
  /** What is read where nothing is written. */
  absent(): A;
}

interface Line {
  readonly key: string;
  readonly root: Root;
  readonly path: readonly string[];
  readonly form: Form<unknown>;
}

/** Makes a table ready. */
export function fields<A>(places: Places<A>): Fields<A> {
  const lines = Object.entries(places).map(([key, place]) => lineOf(key, place));
  return {
    write(value, roots, scene) {
      for (const { key, root, path, form } of lines) {
        const attribute = (value as Record<string, unknown>)[key];
        if (attribute !== undefined) putAt(roots[root], path, form.to(attribute, scene));
      }
    },
    read: (roots, scene) =>
      Object.fromEntries(lines.map((line) => [line.key, readLine(line, roots, scene)])) as A,
    absent: () => Object.fromEntries(lines.map(({ key, form }) => [key, form.absent()])) as A,
  };
}

function lineOf(key: string, place: unknown): Line {
  const { root, path, form } =
    'form' in (place as object) ? (place as Place<unknown>) : at(key, place as Form<unknown>);
  return { key, root, path: path.split('.'), form };
}

function readLine(
  { root, path, form }: Line,
  roots: Readonly<Record<Root, JsonObject>>,
  scene: Scene,
): unknown {
  try {
    const json = valueAt(roots[root], path);
    return json === undefined ? form.absent() : form.from(json, scene);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new TypeError(`${path.join('.')}: ${error.message}`, { cause: error });
  }
}

/** A record inside another. */
export function message<A>(places: Places<A>): Form<A> {
  const table = fields(places);
  return {
    to(value, scene) {
      const attributes: JsonObject = {};
      table.write(value, rootsOf(attributes), scene);
      return attributes;
    },
    from: (json: Json, scene) => table.read(rootsOf(objectOf(json)), scene),
    absent: () => table.absent(),
  };
}

/** Inside a record there is one root. */
function rootsOf(attributes: JsonObject): Readonly<Record<Root, JsonObject>> {
  return { attributes, event: attributes, perdure: attributes };
}
