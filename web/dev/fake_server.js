/**
 * A made-up server for work on the pages: a Vite plugin that answers the few routes they ask, with
 * DOTS couriers (default 100,000) who move every second. Any key opens it.
 */

import { readFileSync } from 'node:fs';
import { WebSocketServer } from 'ws';
import { FakeCity } from './fake_city.js';
import { answerDispatch, sell } from './fake_routes.js';
import { frame } from './fake_frame.js';

const COURIERS = Number(process.env.DOTS ?? 100_000);

/** The plugin. */
export function fakeServer() {
  return {
    name: 'fake-server',
    configureServer: ({ httpServer, middlewares }) => serve(httpServer, middlewares),
    configurePreviewServer: ({ httpServer, middlewares }) => serve(httpServer, middlewares),
  };
}

function serve(httpServer, middlewares) {
  const city = new FakeCity(COURIERS);
  middlewares.use('/v1', (request, response, next) => sell(request, response, next));
  middlewares.use('/v1', (request, response, next) => answerDispatch(request, response, next));
  middlewares.use('/v1/track', (request, response, next) => paved(city, request, response, next));
  middlewares.use('/v1', (request, response, next) => answer(city, request, response, next));
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'doorstep' });
  httpServer.on('upgrade', (request, socket, head) => {
    if (!request.url.startsWith('/v1/watch/socket')) return;
    sockets.handleUpgrade(request, socket, head, (opened) => watch(city, request, opened));
  });
}

function answer(city, request, response, next) {
  const url = new URL(request.url, 'http://localhost');
  const courier = url.pathname.match(/^\/couriers\/cab-(\d+)\/(position|track|work)$/);
  const body = courier
    ? city[courier[2]](Number(courier[1]))
    : {
        '/map/markets': () => city.markets(),
        '/map/streets': () => streets(city),
        '/map': () => city.within(url.searchParams.get('bbox').split(',').map(Number)),
        '/deliveries': () => city.attention(),
        [`/deliveries/${url.pathname.split('/')[2]}`]: () => city.delivery(),
        '/status': () => ({ now: new Date().toISOString(), markets: [] }),
      }[url.pathname]?.();
  if (courier && !body) return refuse(response);
  if (!body) return next();
  response.setHeader('content-type', 'application/json');
  return response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

function refuse(response) {
  response.statusCode = 404;
  response.setHeader('content-type', 'application/problem+json');
  response.end(JSON.stringify({ status: 404, code: 'not_found', detail: 'there is no such courier' }));
}

/** The streets around a tracked delivery. */
function paved(city, request, response, next) {
  if (!/^\/[^/]+\/streets$/.test(request.url)) return next();
  response.setHeader('content-type', 'application/geo+json');
  const all = streets(city);
  return response.end(typeof all === 'string' ? all : JSON.stringify(all));
}

/** Real streets where DOORSTEP_STREETS names a GeoJSON file of the form the server answers. */
function streets(city) {
  const file = process.env.DOORSTEP_STREETS;
  return file ? readFileSync(file, 'utf8') : city.streets();
}

function watch(city, request, socket) {
  const url = new URL(request.url, 'http://localhost');
  let box = url.searchParams.get('bbox').split(',').map(Number);
  let isReset = true;
  const tick = () => {
    if (socket.bufferedAmount > 0) return;
    socket.send(frame(city, box, isReset));
    isReset = false;
  };
  socket.send(JSON.stringify({ epoch: 'fa4e', version: city.version }));
  socket.on('message', (text) => {
    box = JSON.parse(text).bbox;
    isReset = true;
    tick();
  });
  const timer = setInterval(tick, 1000);
  socket.on('close', () => clearInterval(timer));
  tick();
}
