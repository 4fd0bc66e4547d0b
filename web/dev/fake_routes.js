/** The routes of the made-up dispatch: what is asked once, what is followed, what is done. */

import { createHash } from 'node:crypto';
import { FakeDispatch, tracked } from './fake_dispatch.js';
import { answerShop } from './fake_shop.js';

const dispatch = new FakeDispatch();
const LOOK_MS = 500;
const BREATH_MS = 10_000;

/** Answers what is of dispatch, and leaves the rest to others. */
export async function answerDispatch(request, response, next) {
  const { pathname } = new URL(request.url, 'http://localhost');
  const [, link, isStreamed] = pathname.match(/^\/track\/([^/]+)(\/events)?$/) ?? [];
  if (link) return look(request, response, isStreamed && 'tracking', () => tracked(link));
  const courier = (request.headers.authorization ?? '').match(/^Bearer ([a-z]{1,12})$/)?.[1] ?? 'anna';
  if (pathname === '/me') return tell(response, dispatch.me(courier));
  const [, owner, what] = pathname.match(/^\/couriers\/([a-z]+)\/(work|work\/events|pay|availability)$/) ?? [];
  if (what === 'pay') return tell(response, dispatch.pay(owner));
  if (what === 'availability') return tell(response, dispatch.availability(owner, await bodyOf(request)));
  if (what) return look(request, response, what === 'work/events' && 'work', () => dispatch.work(owner));
  const [, delivery, verb] = pathname.match(/^\/deliveries\/([^/]+)\/(accept|decline|status)$/) ?? [];
  if (verb) return tell(response, dispatch.act(courier, delivery, verb, await bodyOf(request)));
  if (pathname === '/pings') return tell(response, { accepted: (await bodyOf(request)).length, rejected: [] }, 202);
  return next();
}

/** Answers what is of the shop, and leaves the rest to others. */
export async function sell(request, response, next) {
  const url = new URL(request.url, 'http://localhost');
  const isOrder = request.method === 'POST' && url.pathname === '/orders';
  const told = answerShop(request.method, url, isOrder ? await bodyOf(request) : null, request.headers['idempotency-key']);
  return told ? tell(response, told.body, told.status) : next();
}

/** Once, under a tag, or as a stream of what changes. */
function look(request, response, event, ask) {
  const first = ask();
  if (typeof first === 'number') return refuse(response, { status: first, code: first === 410 ? 'link_expired' : 'not_found' });
  if (event) return stream(request, response, event, ask);
  const tag = tagOf(first);
  response.setHeader('etag', tag);
  if (request.headers['if-none-match'] !== tag) return tell(response, first);
  response.statusCode = 304;
  return response.end();
}

function stream(request, response, event, ask) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  let known = null;
  const timers = [
    setInterval(() => {
      const news = ask();
      if (tagOf(news) === known) return;
      known = tagOf(news);
      response.write(`event: ${event}\ndata: ${JSON.stringify(news)}\n\n`);
    }, LOOK_MS),
    setInterval(() => response.write(':\n\n'), BREATH_MS),
  ];
  request.on('close', () => timers.forEach(clearInterval));
}

/** What differs only in its clock readings is the same. */
function tagOf(news) {
  const text = JSON.stringify({ ...news, server_time: null, since: null }).replace(/\d\d\.\d{3}Z/g, '');
  return `"${createHash('sha256').update(text).digest('hex').slice(0, 16)}"`;
}

function tell(response, body, status = 200) {
  if (body.code) return refuse(response, body);
  response.statusCode = status;
  response.setHeader('content-type', 'application/json');
  return response.end(JSON.stringify(body));
}

function refuse(response, problem) {
  response.statusCode = problem.status;
  response.setHeader('content-type', 'application/problem+json');
  return response.end(JSON.stringify(problem));
}

async function bodyOf(request) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  return JSON.parse(Buffer.concat(pieces).toString());
}
