/** Packs what has been built, as well as gzip can: the server keeps and sends just that. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const PACKED = /\.(html|js|mjs|css|json)$/;

/** A plugin for the end of a build. */
export function packed() {
  let folder;
  return {
    name: 'packed',
    apply: 'build',
    configResolved: (config) => (folder = config.build.outDir),
    closeBundle() {
      for (const name of readdirSync(folder, { recursive: true }).filter((name) => PACKED.test(name))) {
        const file = join(folder, name);
        writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }));
      }
    },
  };
}
