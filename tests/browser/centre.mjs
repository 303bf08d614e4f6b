// A centre with test cameras of one's own choice: the daemon beside `gengfu testcam`, both on free
// ports in a folder that goes with this process.
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { Program, freePort, ready, top, until } from './demo.mjs';

const LIMIT_MS = 60_000;

async function command(args) {
  const run = new Program(args);
  const code = await run.ended;
  if (code !== 0) throw new Error(`${args.join(' ')}: ${run.said}`);
  return run.said;
}

/** Cameras are `{ id, file, faults }`, faults as `testcam --fault` takes them without the name. */
export async function startCentre(dir, cameras, people) {
  const mounts = cameras.map(({ id, file }) => `${id}=${file}`);
  const faults = cameras.flatMap(({ id, faults = [] }) => faults.flatMap((fault) => ['--fault', `${id}:${fault}`]));
  const server = new Program(['testcam', '--listen', '127.0.0.1:0', ...mounts, ...faults]);
  const last = new RegExp(`^rtsp://(\\S+)/${cameras.at(-1).id}$`, 'm');
  // Streams that the faults ask for are encoded first.
  const address = await until('the cameras', 2 * LIMIT_MS, () => {
    if (server.exit !== null) throw new Error(`the cameras ended with ${server.exit}:\n${server.said}`);
    return last.exec(server.said)?.[1];
  });
  const ports = { web: await freePort(), mqtt: await freePort() };
  const models = join(top, 'models');
  const config = join(dir, 'site.toml');
  const camera = ({ id }) => `[[camera]]\nid = "${id}"\nname = "${id}"\nplace = "${id}"\nurl = "rtsp://${address}/${id}"\n`;
  writeFileSync(config, `[site]\nid = "test"\n[data]\ndir = "${dir}/data"\nmin_free_mib = 16\n[detect]\nmodels = "${models}"\n`
    + `runtime = "${models}/runtime/libonnxruntime.so"\n[mqtt]\nlisten = "127.0.0.1:${ports.mqtt}"\n`
    + `[web]\nlisten = "127.0.0.1:${ports.web}"\n${cameras.map(camera).join('')}`);
  const passwords = {};
  for (const [name, role] of Object.entries(people)) {
    const said = await command(['user', 'add', name, '--role', role, '--config', config]);
    passwords[name] = /first password (\S+)/.exec(said)[1];
  }
  const running = new Program(['run', '--config', config]);
  const base = `http://127.0.0.1:${ports.web}`;
  await ready(running, base, LIMIT_MS);
  return { server, address, running, base, passwords };
}
