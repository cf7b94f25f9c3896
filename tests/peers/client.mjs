// Drives our authorization server with openid-client, a certified client that we did not write.
// Takes one argument, JSON: who is registered and who signs in (tests/edge/test_openid_client.py).
// Prints one line, JSON: for each scenario "ok", or what went wrong.
import * as client from 'openid-client'
import { Browser } from './browser.mjs'

const given = JSON.parse(process.argv[2])
const issuer = new URL(given.issuer)
const insecure = { execute: [client.allowInsecureRequests] }
const scenarios = {}

function must(truth, what) {
  if (!truth) throw new Error(what)
}

async function refused(promise, error, status) {
  try {
    await promise
  } catch (caught) {
    const said = caught.error ?? caught.cause?.error ?? caught.cause?.[0]?.parameters?.error
    must(said === error, `refused with ${said ?? caught.message}, not ${error}`)
    if (status) must((caught.status ?? caught.response?.status) === status, `status ${caught.status}`)
    return caught
  }
  throw new Error(`was not refused with ${error}`)
}

async function key(jwk) {
  const how = { name: 'ECDSA', namedCurve: 'P-256' }
  return { key: await crypto.subtle.importKey('jwk', jwk, how, false, ['sign']), kid: jwk.kid }
}

async function as(name, metadata = {}) {
  const { id, secret, jwk } = given.clients[name]
  const auth = {
    basic: () => client.ClientSecretBasic(secret),
    service: () => client.ClientSecretBasic(secret),
    post: () => client.ClientSecretPost(secret),
    public: () => client.None(),
  }[name]
  const how = auth ? auth() : client.PrivateKeyJwt(await key(jwk))
  return client.discovery(issuer, id, metadata, how, insecure)
}

const browser = new Browser(given.issuer, given.who)

async function asked(config, parameters = {}) {
  const verifier = client.randomPKCECodeVerifier()
  const checks = {
    pkceCodeVerifier: verifier,
    expectedState: client.randomState(),
    expectedNonce: client.randomNonce(),
    idTokenExpected: true,
  }
  const all = {
    redirect_uri: given.back,
    scope: 'openid profile log:read',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    ...parameters,
  }
  return { all, checks }
}

async function come(config, parameters = {}, { pushed = false, dpop } = {}) {
  const { all, checks } = await asked(config, parameters)
  const address = pushed
    ? await client.buildAuthorizationUrlWithPAR(config, all, { DPoP: dpop })
    : client.buildAuthorizationUrl(config, all)
  return { back: new URL(await browser.allow(address.href)), checks, address }
}

async function flow(config, parameters, { pushed, dpop, token } = {}) {
  const { back, checks } = await come(config, parameters, { pushed, dpop })
  return client.authorizationCodeGrant(config, back, checks, token, { DPoP: dpop })
}

const resource = (config, tokens, path = '/api/v1/log/entries?limit=1', options) =>
  client.fetchProtectedResource(
    config, tokens.access_token, new URL(given.issuer + path), 'GET', null, undefined, options)

scenarios['discovery by either document'] = async () => {
  for (const algorithm of ['oidc', 'oauth2']) {
    const { id, secret } = given.clients.basic
    const how = { ...insecure, algorithm }
    const config = await client.discovery(issuer, id, secret, undefined, how)
    const found = config.serverMetadata()
    must(found.issuer === given.issuer, 'another issuer')
    must(found.supportsPKCE(), 'no S256')
  }
}

for (const name of ['basic', 'post', 'keyed', 'public']) {
  scenarios[`code and PKCE, authenticating: ${name}`] = async () => {
    const config = await as(name)
    const tokens = await flow(config)
    const claims = tokens.claims()
    must(claims.auth_time && claims.acr && claims.amr && claims.at_hash, 'a claim is missing')
    const about = await client.fetchUserInfo(config, tokens.access_token, claims.sub)
    must(about.name === given.person, `userinfo names ${about.name}`)
    must((await resource(config, tokens)).status === 200, 'the token opens nothing')
  }
}

scenarios['an ID token is checked by signature, too'] = async () => {
  const config = await as('basic')
  client.enableNonRepudiationChecks(config)
  must((await flow(config)).claims().nonce, 'no nonce')
}

scenarios['max_age is honoured, and auth_time tells'] = async () => {
  const config = await as('basic')
  const { back, checks } = await come(config, { max_age: '3600' })
  const tokens = await client.authorizationCodeGrant(config, back, { ...checks, maxAge: 3600 })
  must(tokens.claims().auth_time, 'no auth_time')
}

scenarios['prompt=none answers with what is missing'] = async () => {
  const config = await as('basic')
  const { all, checks } = await asked(config, { prompt: 'none' })
  const stranger = new Browser(given.issuer)
  const back = await stranger.allow(client.buildAuthorizationUrl(config, all).href)
  await refused(client.authorizationCodeGrant(config, new URL(back), checks), 'login_required')
}

scenarios['an answer of another issuer is noticed (RFC 9207)'] = async () => {
  const config = await as('basic')
  const { back, checks } = await come(config)
  back.searchParams.set('iss', 'https://elsewhere.example')
  try {
    await client.authorizationCodeGrant(config, back, checks)
  } catch (caught) {
    return must(/iss/.test(caught.cause?.message ?? caught.message), caught.message)
  }
  throw new Error('the client took it')
}

scenarios['client credentials'] = async () => {
  const config = await as('service')
  const tokens = await client.clientCredentialsGrant(config, { scope: 'log:read' })
  must(tokens.refresh_token === undefined && tokens.scope === 'log:read', 'another answer')
  await refused(client.clientCredentialsGrant(config, { scope: 'pool:spend' }), 'invalid_scope')
}

scenarios['refresh rotates; reuse ends the family'] = async () => {
  const config = await as('basic')
  const first = await flow(config, { prompt: 'consent' })
  const second = await client.refreshTokenGrant(config, first.refresh_token)
  must(second.refresh_token !== first.refresh_token, 'did not rotate')
  must((await client.tokenIntrospection(config, second.access_token)).active, 'not active')
  await refused(client.refreshTokenGrant(config, first.refresh_token), 'invalid_grant', 400)
  await refused(client.refreshTokenGrant(config, second.refresh_token), 'invalid_grant', 400)
  must(!(await client.tokenIntrospection(config, second.access_token)).active, 'still active')
  await refused(resource(config, second), 'invalid_token')
}

scenarios['a replayed code ends what it gave'] = async () => {
  const config = await as('basic')
  const { back, checks } = await come(config)
  const tokens = await client.authorizationCodeGrant(config, back, checks)
  await refused(client.authorizationCodeGrant(config, back, checks), 'invalid_grant', 400)
  must(!(await client.tokenIntrospection(config, tokens.access_token)).active, 'still active')
}

scenarios['revocation and introspection'] = async () => {
  const config = await as('basic')
  const tokens = await flow(config)
  const about = await client.tokenIntrospection(config, tokens.refresh_token)
  must(about.active && about.client_id === given.clients.basic.id, 'not active')
  const other = await as('service')
  must(!(await client.tokenIntrospection(other, tokens.access_token)).active, 'told a stranger')
  await client.tokenRevocation(config, tokens.refresh_token)
  must(!(await client.tokenIntrospection(config, tokens.access_token)).active, 'still active')
  await client.tokenRevocation(config, 'nonsense')
}

scenarios['resource indicators narrow, and never widen'] = async () => {
  const config = await as('basic')
  const [api, fhir] = [`${given.issuer}/api/v1`, `${given.issuer}/fhir/R4`]
  const both = new URLSearchParams((await asked(config)).all)
  both.append('resource', api)
  both.append('resource', fhir)
  const verifier = client.randomPKCECodeVerifier()
  both.set('code_challenge', await client.calculatePKCECodeChallenge(verifier))
  const back = new URL(await browser.allow(client.buildAuthorizationUrl(config, both).href))
  const checks = {
    pkceCodeVerifier: verifier, expectedState: both.get('state'), expectedNonce: both.get('nonce'),
  }
  const tokens = await client.authorizationCodeGrant(config, back, checks, { resource: api })
  must((await resource(config, tokens)).status === 200, 'refused where it is for')
  await refused(resource(config, tokens, '/fhir/R4/metadata'), 'invalid_token')
  const next = await client.refreshTokenGrant(config, tokens.refresh_token, { resource: fhir })
  await refused(resource(config, next), 'invalid_token')
  await refused(
    client.refreshTokenGrant(config, next.refresh_token, { resource: `${given.issuer}/log` }),
    'invalid_target', 400)
}

scenarios['pushed requests, each taken up once'] = async () => {
  const config = await as('basic')
  const { back, checks, address } = await come(config, {}, { pushed: true })
  must(address.searchParams.has('request_uri') && !address.searchParams.has('scope'), 'not pushed')
  must((await client.authorizationCodeGrant(config, back, checks)).access_token, 'no token')
  const again = await fetch(address, { redirect: 'manual' })
  must(again.status === 400, `taken up twice: ${again.status}`)
  const wrong = (await asked(config, { scope: 'pool:spend' })).all
  await refused(client.buildAuthorizationUrlWithPAR(config, wrong), 'invalid_scope', 400)
}

scenarios['DPoP, with a nonce of ours, from token to resource'] = async () => {
  const config = await as('basic')
  const dpop = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'))
  const tokens = await flow(config, {}, { dpop })
  must(tokens.token_type === 'dpop', `token_type ${tokens.token_type}`)
  const sub = tokens.claims().sub
  must((await client.fetchUserInfo(config, tokens.access_token, sub, { DPoP: dpop })).name, 'no name')
  must((await resource(config, tokens, undefined, { DPoP: dpop })).status === 200, 'refused')
  await refused(resource(config, tokens), 'invalid_token')
  const thief = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'))
  await refused(resource(config, tokens, undefined, { DPoP: thief }), 'invalid_dpop_proof')
  const about = await client.tokenIntrospection(config, tokens.access_token)
  must(about.cnf?.jkt === await dpop.calculateThumbprint(), 'introspection shows another key')
}

scenarios['DPoP binds the refresh token of a public client'] = async () => {
  const config = await as('public')
  const dpop = client.getDPoPHandle(config, await client.randomDPoPKeyPair('Ed25519'))
  const tokens = await flow(config, {}, { dpop })
  const thief = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'))
  const { refresh_token: refresh } = tokens
  await refused(client.refreshTokenGrant(config, refresh, {}, { DPoP: thief }), 'invalid_grant')
  await refused(client.refreshTokenGrant(config, refresh), 'invalid_grant')
  must((await client.refreshTokenGrant(config, refresh, {}, { DPoP: dpop })).access_token, 'none')
}

scenarios['FAPI 2.0: pushed, bound, signed by PS256'] = async () => {
  const config = await as('fapi', { id_token_signed_response_alg: 'PS256' })
  const dpop = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'))
  const tokens = await flow(config, {}, { pushed: true, dpop })
  must((await resource(config, tokens, undefined, { DPoP: dpop })).status === 200, 'refused')
  const next = await client.refreshTokenGrant(config, tokens.refresh_token, {}, { DPoP: dpop })
  must(next.access_token && !next.refresh_token, 'FAPI forbids rotation')
  const { all, checks } = await asked(config)
  const back = await browser.allow(client.buildAuthorizationUrl(config, all).href)
  await refused(client.authorizationCodeGrant(config, new URL(back), checks), 'invalid_request')
  const unbound = await come(config, {}, { pushed: true })
  await refused(client.authorizationCodeGrant(config, unbound.back, unbound.checks), 'invalid_request')
}

scenarios['a program registers itself, and waits for a person'] = async () => {
  const metadata = {
    client_name: 'Bed board', redirect_uris: [given.back], organisation: given.organisation,
    scope: 'openid profile log:read', grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'client_secret_basic',
  }
  const config = await client.dynamicClientRegistration(issuer, metadata, undefined, insecure)
  const made = config.clientMetadata()
  must(made.client_secret && made.approval === 'waiting', 'no secret, or approved at once')
  const ready = await client.discovery(
    issuer, made.client_id, made, client.ClientSecretBasic(made.client_secret), insecure)
  await refused(client.tokenIntrospection(ready, 'x'), 'invalid_client', 401)
  const { all } = await asked(ready)
  const page = await browser.get(client.buildAuthorizationUrl(ready, all).href)
  must(page.status === 400, `asks a person already: ${page.status}`)
  const steward = new Browser(given.issuer, given.steward)
  await steward.send(await steward.get('/sign-in?next=/programs'), given.steward)
  const waiting = await steward.get('/programs')
  must(waiting.text.includes('Bed board'), 'the steward does not see it')
  await steward.send(waiting, {}, `/programs/${made.client_id}/approve`)
  must((await flow(ready)).access_token, 'no token after approval')
  const own = { headers: { Authorization: `Bearer ${made.registration_access_token}` } }
  const seen = await (await fetch(made.registration_client_uri, own)).json()
  must(seen.approval === 'approved' && seen.client_id === made.client_id, 'cannot read its own')
  const wrong = { ...metadata, redirect_uris: ['http://elsewhere.example'] }
  await refused(
    client.dynamicClientRegistration(issuer, wrong, undefined, insecure), 'invalid_redirect_uri')
}

scenarios['signing out leads back'] = async () => {
  const config = await as('basic')
  const tokens = await flow(config)
  const address = client.buildEndSessionUrl(config, {
    id_token_hint: tokens.id_token, post_logout_redirect_uri: given.back, state: 's' })
  const back = await browser.get(address.href)
  must(back.location === `${given.back}?state=s`, `went to ${back.location}`)
}

const results = {}
for (const [name, scenario] of Object.entries(scenarios)) {
  try {
    await scenario()
    results[name] = 'ok'
  } catch (caught) {
    const cause = caught.cause instanceof Error ? ` (${caught.cause.message})` : ''
    const more = caught.error_description ?? JSON.stringify(caught.cause ?? null)?.slice(0, 300)
    results[name] = `${caught.message}${cause} ${more} ${caught.stack.split('\n').slice(1, 7).join('|')}`
  }
}
console.log(JSON.stringify(results))
