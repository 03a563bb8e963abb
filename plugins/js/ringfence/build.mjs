// Builds a component from a project folder: `node ringfence/build.mjs`, in the folder of plugin.toml.
//
// Owns the call of componentize-js: the world has just the capabilities that plugin.toml asks for, because a component
// imports all of its world. Does not own the manifest's place in the component: `ringfence plugin pack` puts it there.

import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { componentize } from '@bytecodealliance/componentize-js';
import { parse } from 'smol-toml';

const CAPABILITIES = ['names', 'directory', 'state', 'log'];
// What the host does not have for a detector: without them the component imports nothing but the interface.
const DISABLED = ['random', 'stdio', 'clocks', 'http', 'fetch-event'];
// The module that exports the detector as default.
const MODULE = 'detector.js';

const project = resolve('.');

function fail(message) {
  console.error(message);
  process.exit(1);
}

async function read(path) {
  try {
    return await readFile(join(project, path), 'utf8');
  } catch {
    return fail(`there is no ${path} here: run this in the project's folder`);
  }
}

/** The component's world in WIT, for the interface of that text. */
function world(capabilities, name, version) {
  const imports = capabilities.map((capability) => `    import ${name}/${capability}@${version};\n`).join('');
  return `package author:plugin;

world plugin {
    use ${name}/types@${version}.{batch, output, error, setup};
${imports}
    export configure: func(setup: setup) -> result<_, error>;
    export process: func(batch: batch) -> result<list<output>, error>;
    export checkpoint: func() -> result<_, error>;
}
`;
}

/** The module that the host calls. */
function main(capabilities, name, version, library) {
  const imports = capabilities.map((c) => `import * as ${c} from '${name}/${c}@${version}';\n`).join('');
  return `${imports}import { component } from '${library}/component.js';
import Detector from '../${MODULE}';

export const { configure, process, checkpoint } = component(Detector, { ${capabilities.join(', ')} });
`;
}

const manifest = parse(await read('plugin.toml'));
const capabilities = manifest.capabilities ?? [];
const strange = capabilities.find((capability) => !CAPABILITIES.includes(capability));
if (strange !== undefined) {
  fail(`plugin.toml: capability '${strange}' is not known: use ${CAPABILITIES.join(', ')}`);
}
const version = (await readdir(join(project, 'wit')).catch(() => [])).filter((name) => name.startsWith('v')).sort().at(-1);
const text = await read(join('wit', version ?? 'v1.0.0', 'detector.wit'));
const [, name, exact] = /^package (\S+)@(\S+);$/m.exec(text);

const build = join(project, 'build');
await rm(join(build, 'wit'), { recursive: true, force: true });
await mkdir(join(build, 'wit', 'deps', 'detector'), { recursive: true });
await writeFile(join(build, 'wit', 'deps', 'detector', 'detector.wit'), text);
await writeFile(join(build, 'wit', 'plugin.wit'), world(capabilities, name, exact));
const library = relative(build, dirname(fileURLToPath(import.meta.url)));
await writeFile(join(build, 'main.js'), main(capabilities, name, exact, library));

const { component } = await componentize({
  sourcePath: join(build, 'main.js'),
  witPath: join(build, 'wit'),
  worldName: 'plugin',
  disableFeatures: DISABLED,
});
const output = join(build, `${manifest.id}.wasm`);
await writeFile(output, component);
console.log(relative(project, output));
