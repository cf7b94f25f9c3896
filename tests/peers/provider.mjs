// OpenID providers to sign in through: the certified oidc-provider, with people of its own.
//
// Started once, it serves as many providers as it is told to make and says on its first line where
// it is told: {"control": "http://127.0.0.1:…"}. Everything is a POST of JSON to that address:
//
//   /open    {name}                             a provider without anything; answers {issuer}
//   /make    {name, clients, people, ...}       its clients and people; keys stay
//   /person  {name, sub}                        who signs in there from now on, without being asked
//   /rotate  {name}                             another key signs; the old one is not published
//   /alter   {name, claims, answer}             claims of ID tokens, and parameters of answers, as
//                                               they must not be; null leaves one out
//   /logout  {name, client_id, sub, sid}        tell a client that somebody signed out; fails
//                                               unless the client answers 200
//   /token   {name, claims, typ}                a JWT signed by its key; answers {token}
//
// A person: {sub, acr, reaches: [acr, ...], claims: {...}}. They sign in as `acr`, or as the first
// of the asked ones that they reach.

import { createServer } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT, decodeJwt, importJWK } from 'jose';
import Provider, { interactionPolicy } from 'oidc-provider';

const made = new Map();

async function newKey(kid) {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return { ...(await exportJWK(privateKey)), kid, use: 'sig', alg: 'RS256' };
}

async function open({ name }) {
  const one = { name, keys: 1, key: await newKey(`${name}-1`), config: {}, alter: {} };
  const server = createServer((req, res) => one.callback(req, res));
  await new Promise((done) => { server.listen(0, '127.0.0.1', done); });
  one.issuer = `http://127.0.0.1:${server.address().port}`;
  made.set(name, one);
  return { issuer: one.issuer };
}

function asked(params) {
  const vtr = params.vtr ? JSON.parse(params.vtr) : [];
  return [...vtr, ...(params.acr_values ?? '').split(' ')].filter(Boolean);
}

function policy() {
  const { base, Check } = interactionPolicy;
  const prompts = base();
  prompts.get('login').checks.add(new Check('weak', 'a stronger sign-in is asked for', (ctx) => {
    const { oidc } = ctx;
    const wanted = asked(oidc.params);
    const enough = !wanted.length || wanted.includes(oidc.session.acr);
    return enough || oidc.result?.login ? Check.NO_NEED_TO_PROMPT : Check.REQUEST_PROMPT;
  }));
  prompts.remove('consent');
  return prompts;
}

function build(one) {
  const { clients, people, claims = {}, inIdToken = false } = one.config;
  const provider = new Provider(one.issuer, {
    clients,
    jwks: { keys: [one.key] },
    cookies: { keys: ['tests only'] },
    claims: { openid: ['sub', 'acr', 'amr'], ...claims },
    scopes: ['openid', ...Object.keys(claims)],
    conformIdTokenClaims: !inIdToken,
    extraParams: ['vtr'],
    // Its own refuses to call this machine, where the tests are.
    fetch: (url, { dispatcher, ...options }) => fetch(url, options),
    interactions: { policy: policy(), url: (ctx, found) => `/interaction/${found.uid}` },
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: { enabled: true },
    },
    async loadExistingGrant(ctx) {
      const grant = new ctx.oidc.provider.Grant({
        clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId,
      });
      grant.addOIDCScope([...ctx.oidc.requestParamScopes].join(' '));
      await grant.save();
      return grant;
    },
    findAccount(ctx, sub) {
      const person = people.find((each) => each.sub === sub);
      const word = ctx.oidc.entities?.AuthorizationCode?.acr;
      return person && {
        accountId: sub,
        claims: () => ({ sub, ...person.claims, ...(inIdToken && word ? { vot: word } : {}) }),
      };
    },
  });
  provider.use(async (ctx, next) => {
    if (ctx.path.startsWith('/interaction/')) {
      const { params } = await provider.interactionDetails(ctx.req, ctx.res);
      const person = people.find((each) => each.sub === one.person);
      const found = asked(params).find((word) => person.reaches?.includes(word));
      const login = { accountId: person.sub, acr: found ?? person.acr, amr: ['hwk'], remember: true };
      ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, { login }));
      return;
    }
    await next();
    await change(one, ctx);
  });
  provider.on('server_error', (ctx, error) => console.error(error));
  provider.on('backchannel.error', (ctx, error) => console.error(error));
  one.provider = provider;
  one.callback = provider.callback();
}

async function sign(one, claims, typ) {
  const key = await importJWK(one.key, 'RS256');
  const header = { alg: 'RS256', kid: one.key.kid, ...(typ ? { typ } : {}) };
  return new SignJWT(claims).setProtectedHeader(header).sign(key);
}

function merged(right, changes) {
  const all = Object.entries({ ...right, ...changes });
  return Object.fromEntries(all.filter(([, value]) => value !== null));
}

async function change(one, ctx) {
  const { claims, answer } = one.alter;
  if (claims && ctx.body?.id_token) {
    ctx.body.id_token = await sign(one, merged(decodeJwt(ctx.body.id_token), claims));
  }
  const there = ctx.response.get('Location');
  if (answer && there && new URL(there, one.issuer).searchParams.has('code')) {
    const address = new URL(there);
    const query = merged(Object.fromEntries(address.searchParams), answer);
    address.search = new URLSearchParams(query).toString();
    ctx.redirect(address.href);
  }
}

const commands = {
  '/open': open,
  '/make': (one, config) => { one.config = config; one.person = config.people[0].sub; build(one); },
  '/person': (one, { sub }) => { one.person = sub; },
  '/alter': (one, { claims, answer }) => { one.alter = { claims, answer }; },
  '/token': async (one, { claims, typ }) => ({ token: await sign(one, claims, typ) }),
  '/rotate': async (one) => {
    one.keys += 1;
    one.key = await newKey(`${one.name}-${one.keys}`);
    build(one);
  },
  '/logout': async (one, { client_id: clientId, sub, sid }) => {
    const client = await one.provider.Client.find(clientId);
    await client.backchannelLogout(sub, sid);
  },
};

const control = createServer(async (req, res) => {
  let text = '';
  for await (const part of req) text += part;
  try {
    const asked = JSON.parse(text);
    const command = commands[req.url];
    const done = await (command === open ? open(asked) : command(made.get(asked.name), asked));
    res.end(JSON.stringify(done ?? {}));
  } catch (error) {
    console.error(error);
    res.statusCode = 500;
    res.end(String(error));
  }
});
control.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ control: `http://127.0.0.1:${control.address().port}` }));
});
process.stdin.on('end', () => process.exit(0)).resume();
