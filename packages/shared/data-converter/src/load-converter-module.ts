import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ValueError } from '@perdure/common';

/**
 * Imports a user's converter module.
 *
 * @param path absolute path or file URL
 * @param exportName `payloadConverter` or `failureConverter`
 * @param methods what the exported object must have
 * @throws ValueError when the path is relative, or the export is missing or of another form
 */
export async function loadConverterModule<T>(
  path: string,
  exportName: 'payloadConverter' | 'failureConverter',
  methods: readonly (keyof T & string)[],
): Promise<T> {
  if (!path.startsWith('file:') && !isAbsolute(path)) {
    throw new ValueError(
      `${exportName}Path must be an absolute path or a file URL; got '${path}': use ` +
        "fileURLToPath(new URL('./my-converter.js', import.meta.url)) or require.resolve",
    );
  }
  const url = path.startsWith('file:') ? path : pathToFileURL(path).href;
  const module = (await import(url)) as Record<string, unknown>;
  const fromCommonJs = module.default as Record<string, unknown> | undefined;
  const found = (module[exportName] ?? fromCommonJs?.[exportName]) as Record<string, unknown>;
  if (methods.every((method) => typeof found?.[method] === 'function')) return found as T;
  throw new ValueError(
    `wanted '${path}' to export ${exportName}, an object with ${methods.join(' and ')}; ` +
      `got exports ${Object.keys(module).join(', ') || 'none'}`,
  );
}
