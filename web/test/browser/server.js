/** The real server, with a made-up fleet that drives east, for the pages to be tested against. */

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = new URL('../../../', import.meta.url).pathname;
const TARGET = process.env.CARGO_TARGET_DIR ?? `${ROOT}target`;
const CONFIG = `
[markets.sf]
time_zone = "America/Los_Angeles"
currency = "USD"
[markets.sf.pay]
per_hour_minor = 2400
per_delivery_minor = 500
[markets.sf.fees]
commission_bp = 2500
[markets.sf.dispatch]
`;

/** San Francisco's streets, where the folder of real data is at hand. */
const STREETS = process.env.DOORSTEP_DATA && `${process.env.DOORSTEP_DATA}/sf/sf_streets.geojson.zst`;

/** Where the fleet sets out: a row from south to north, in the middle of the streets. */
const START = { lng: -122.44, lat: 37.75 };
const APART = 0.0012;
/** Degrees a courier drives in a second: 22 m. */
export const SPEED = 0.00025;

export class Server {
  /** Starts one with an empty data directory, and more configuration of the market's dispatch. */
  static async start(dispatch = '') {
    const server = new Server();
    server.binary = binary();
    server.folder = mkdtempSync(join(tmpdir(), 'doorstep-web-'));
    writeFileSync(join(server.folder, 'doorstep.toml'), CONFIG + dispatch);
    await server.run('127.0.0.1:0');
    return server;
  }

  /** Runs the process until it listens. */
  async run(listen) {
    this.process = spawn(this.binary, ['serve', '--listen', listen], { cwd: this.folder });
    this.said = '';
    for (const stream of [this.process.stdout, this.process.stderr]) stream.on('data', (text) => (this.said += text));
    const [, url] = await this.#says(/listening on (http:\S+)/);
    this.url = url;
    this.key ??= this.said.match(/dsk_[0-9a-f]+/)[0];
  }

  /** Kills the process, as a crash would. */
  async kill() {
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill('SIGKILL');
    await ended;
  }

  async end() {
    clearInterval(this.driving);
    await this.kill();
    rmSync(this.folder, { recursive: true });
  }

  /** Sends JSON; throws what is not taken. */
  post(path, body) {
    return this.asks('POST', path, { body: JSON.stringify(body) });
  }

  /** Asks under a key; throws what is not taken. */
  async asks(method, path, { key = this.key, body = null, headers = {} } = {}) {
    const answer = await fetch(this.url + path, {
      method,
      body,
      headers: {
        authorization: `Bearer ${key}`, 'content-type': 'application/json', 'idempotency-key': randomUUID(), ...headers,
      },
    });
    const told = await answer.json();
    if (!answer.ok || told.rejected?.length > 0) throw new Error(`${path}: ${JSON.stringify(told)}`);
    return told;
  }

  /** Whether the streets are real ones. */
  get isReal() {
    return Boolean(STREETS && existsSync(STREETS));
  }

  /** Draws San Francisco, or a grid of streets where it is not at hand. */
  async pavesTheCity() {
    if (!this.isReal) return this.paves();
    const headers = { 'content-type': 'application/x-ndjson', 'content-encoding': 'zstd' };
    return this.asks('POST', '/v1/streets?market=sf', { body: readFileSync(STREETS), headers });
  }

  /** Draws a grid of streets. */
  async paves() {
    const features = [];
    for (let index = -10; index <= 10; index += 1) {
      const [lng, lat] = [START.lng + index * 0.002, START.lat + index * 0.002];
      features.push(street(`ns-${index}`, [[lng, 37.73], [lng, 37.77]], index % 5 ? 'residential' : 'primary'));
      features.push(street(`ew-${index}`, [[-122.46, lat], [-122.42, lat]], index % 5 ? 'residential' : 'primary'));
    }
    await this.post('/v1/streets?market=sf', { type: 'FeatureCollection', features });
  }

  /** Registers couriers and has them drive; the first ones carry something. */
  async drives(count, carrying) {
    const couriers = Array.from({ length: count }, (_, index) => ({ courier_id: `courier-${index}`, market: 'sf' }));
    await this.post('/v1/couriers', couriers);
    for (const { courier_id } of couriers.slice(0, carrying)) await this.post('/v1/events', events(courier_id));
    let seconds = 0;
    const drive = () => {
      const at = new Date().toISOString();
      const pings = couriers.map(({ courier_id }, index) => ({ courier_id, at, heading_deg: 90, ...this.place(index, seconds) }));
      seconds += 1;
      // While the server is down nobody hears of it, as with phones.
      return this.post('/v1/pings', pings).catch(() => {});
    };
    await drive();
    this.driving = setInterval(drive, 1000);
  }

  /** Where a courier is after so many seconds: there and back again, so that all stay in sight. */
  place(index, seconds) {
    const along = Math.abs(((seconds + 30) % 120) - 60);
    return { lat: START.lat + (index - 10) * APART, lng: START.lng + (along - 30) * SPEED };
  }

  async #says(pattern) {
    for (let tries = 0; tries < 600; tries += 1) {
      const found = this.said.match(pattern);
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`the server did not say ${pattern}:\n${this.said}`);
  }
}

/** The one that is named, or that was built last. */
function binary() {
  const built = ['release', 'debug'].map((profile) => `${TARGET}/${profile}/doorstep`).filter(existsSync);
  const newest = built.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
  const found = process.env.DOORSTEP_BIN ?? newest;
  if (!found) throw new Error('no doorstep found: build it, or set DOORSTEP_BIN');
  return found;
}

function street(id, coordinates, kind) {
  const properties = { id, name: `${id} street`, class: kind };
  return { type: 'Feature', properties, geometry: { type: 'LineString', coordinates } };
}

function events(courier) {
  const time = new Date().toISOString();
  const event = (kind, data) => ({
    specversion: '1.0', id: `${courier}-${kind}`, source: '/test', type: `delivery.${kind}`,
    subject: `delivery-of-${courier}`, time, market: 'sf', data,
  });
  return [event('requested', {}), event('assigned', { courier_id: courier }), event('picked_up', { courier_id: courier })];
}
