// Checks a receipt (c2sp.org/tlog-proof) with nothing but the browser: WebCrypto for SHA-256 and
// Ed25519, this file for the rest. It asks no server anything. The formats are spelled out in the
// docstring of the package `audit`, whose Python says the same as this file.

const HASH_BYTES = 32;
const KEY_ID_BYTES = 4;
const TIME_BYTES = 8;
const HEADER = "c2sp.org/tlog-proof@v1";
const HASHES_MAX = 63;
const SIGNATURES_MAX = 100;
const SIZE_MAX = 2n ** 64n - 1n;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const TYPES = { 1: "log", 4: "witness" };

/** The receipt, the entry or a key is not what it has to be. The message says why, for people. */
export class Refused extends Error {}

/**
 * Check that an entry is in a log.
 *
 * @param {Uint8Array} receipt - the receipt's file
 * @param {Uint8Array} entry - the entry's bytes, exactly
 * @param {string} logKeys - keys of logs to believe, one a line
 * @param {string} witnessKeys - keys of witnesses, one a line; may be empty
 * @returns {Promise<{origin: string, index: bigint, size: bigint, root: string, key: string,
 *   witnesses: {name: string, at: Date|null}[]}>} `at` is null if that witness has not signed
 * @throws {Refused} it does not verify
 */
export async function checkReceipt({ receipt, entry, logKeys, witnessKeys }) {
  const proof = parseReceipt(textOf(receipt, "the receipt"));
  const { text, lines } = parseNote(proof.note);
  const checkpoint = parseCheckpoint(text);
  const logs = (await parseKeys(logKeys, "log")).filter((key) => key.name === checkpoint.origin);
  if (!logs.length) throw new Refused(`you gave no key of the log ${checkpoint.origin}`);
  const witnesses = await parseKeys(witnessKeys, "witness");
  const signed = await verifySignatures(text, lines, [...logs, ...witnesses]);
  const log = logs.find((key) => signed.has(key));
  if (!log) throw new Refused(`the log ${checkpoint.origin} has not signed it with a key you gave`);
  const root = await rootOf(await leafHash(entry), proof.index, checkpoint.size, proof.path);
  if (!equal(root, checkpoint.root)) {
    throw new Refused(`this is not entry ${proof.index} of the log that was signed`);
  }
  return {
    origin: checkpoint.origin,
    index: proof.index,
    size: checkpoint.size,
    root: encode(checkpoint.root),
    key: log.text,
    witnesses: witnesses.map((key) => ({ name: key.name, at: signed.get(key) ?? null })),
  };
}

// -- What is written -------------------------------------------------------------------------

function parseReceipt(text) {
  const end = text.indexOf("\n\n");
  const lines = end < 0 ? [] : text.slice(0, end).split("\n");
  if (lines.shift() !== HEADER) throw new Refused(`not a receipt: it does not begin ${HEADER}`);
  if (lines[0]?.startsWith("extra ")) decode(lines.shift().slice("extra ".length), "the receipt");
  const index = /^index (0|[1-9][0-9]*)$/.exec(lines.shift() ?? "");
  if (!index) throw new Refused("not a receipt: it does not say which entry it is for");
  if (lines.length > HASHES_MAX) throw new Refused("not a receipt: it has too many hashes");
  return { index: BigInt(index[1]), path: lines.map(hash), note: text.slice(end + 2) };
}

function parseNote(note) {
  const end = note.lastIndexOf("\n\n");
  const text = note.slice(0, end + 1);
  const lines = note.slice(end + 2);
  // eslint-disable-next-line no-control-regex
  if (end < 0 || /[\u0000-\u0009\u000b-\u001f]/.test(text) || !lines.endsWith("\n")) {
    throw new Refused("the checkpoint is not a signed note");
  }
  const signatures = lines.slice(0, -1).split("\n").map((line) => {
    const [dash, name, encoded = "", ...more] = line.split(" ");
    const spelled = dash === "—" && name && !more.length && BASE64.test(encoded);
    const bytes = spelled ? bytesIn(encoded) : [];
    if (name?.includes("+") || bytes.length <= KEY_ID_BYTES) {
      throw new Refused("a line of signature is malformed");
    }
    const [id, signature] = [bytes.subarray(0, KEY_ID_BYTES), bytes.subarray(KEY_ID_BYTES)];
    return { name, id, signature, exact: encode(bytes) === encoded };
  });
  if (signatures.length > SIGNATURES_MAX) throw new Refused("the checkpoint has too many signatures");
  return { text, lines: signatures };
}

function parseCheckpoint(text) {
  const found = /^([^\n]+)\n(0|[1-9][0-9]*)\n([^\n]+)\n$/.exec(text);
  if (!found) throw new Refused("not a checkpoint in its only spelling");
  const size = BigInt(found[2]);
  if (size > SIZE_MAX) throw new Refused(`no log has ${size} entries`);
  return { origin: found[1], size, root: hash(found[3]) };
}

/** Keys are spelled name+<key ID in hex>+base64(type || public key). */
async function parseKeys(text, sort) {
  const keys = [];
  for (const line of text.split("\n").map((one) => one.trim()).filter(Boolean)) {
    const [name, id, ...encoded] = line.split("+");
    if (!name || !encoded.length) throw new Refused(`“${line}” is not a key`);
    const typed = decode(encoded.join("+"), "a key");
    const known = new Uint8Array(await sha256(bytesOf(`${name}\n`), typed)).subarray(0, KEY_ID_BYTES);
    if (hex(known) !== id) throw new Refused(`the key of ${name} was damaged on its way to you`);
    if (typed[0] === 6) throw new Refused(`${name} signs with ML-DSA-44, which browsers do not know yet: use the program`);
    if (TYPES[typed[0]] !== sort || typed.length !== 1 + HASH_BYTES) {
      throw new Refused(`the key of ${name} is not the key of a ${sort}`);
    }
    const raw = typed.subarray(1);
    const key = await crypto.subtle.importKey("raw", raw, { name: "Ed25519" }, false, ["verify"]);
    keys.push({ name, id: known, key, text: line, timed: sort === "witness" });
  }
  return keys;
}

// -- Signatures ------------------------------------------------------------------------------

/** Return which keys have signed, and when (a witness) or null (a log). One wrong line spoils all. */
async function verifySignatures(text, lines, keys) {
  const signed = new Map();
  for (const line of lines) {
    const key = keys.find((one) => one.name === line.name && equal(one.id, line.id));
    if (!key) continue; // Others may sign too.
    if (!line.exact) throw new Refused(`the signature of ${key.name} is wrong`);
    let { signature } = line;
    let message = text;
    let at = null;
    if (key.timed) {
      const view = new DataView(signature.buffer, signature.byteOffset, signature.length);
      if (signature.length <= TIME_BYTES) throw new Refused(`the signature of ${key.name} is wrong`);
      const time = view.getBigUint64(0);
      message = `cosignature/v1\ntime ${time}\n${text}`;
      signature = signature.subarray(TIME_BYTES);
      at = new Date(Number(time) * 1000);
    }
    const right = await crypto.subtle.verify("Ed25519", key.key, signature, bytesOf(message));
    if (!right) throw new Refused(`the signature of ${key.name} is wrong`);
    signed.set(key, at);
  }
  return signed;
}

// -- The tree (RFC 9162, section 2.1.3.2) ------------------------------------------------------

const leafHash = (entry) => sha256(Uint8Array.of(0), entry);
const nodeHash = (left, right) => sha256(Uint8Array.of(1), left, right);

async function rootOf(leaf, index, size, path) {
  if (index >= size) throw new Refused(`a log of ${size} entries has no entry ${index}`);
  let node = leaf;
  let position = index;
  let last = size - 1n;
  for (const sibling of path) {
    if (last === 0n) throw new Refused("the receipt has too many hashes");
    if (position & 1n || position === last) {
      node = await nodeHash(sibling, node);
      while (!(position & 1n) && position) [position, last] = [position >> 1n, last >> 1n];
    } else {
      node = await nodeHash(node, sibling);
    }
    [position, last] = [position >> 1n, last >> 1n];
  }
  if (last !== 0n) throw new Refused("the receipt has too few hashes");
  return node;
}

// -- Bytes -------------------------------------------------------------------------------------

async function sha256(...parts) {
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
}

function decode(text, what) {
  // Base64 leaves bits over at its end. One value has one spelling.
  if (!BASE64.test(text) || encode(bytesIn(text)) !== text) {
    throw new Refused(`${what} is damaged: “${text.slice(0, 20)}” is not base64 as it should be`);
  }
  return bytesIn(text);
}

function hash(text) {
  const bytes = decode(text, "a hash");
  if (bytes.length !== HASH_BYTES) throw new Refused("a hash has 32 bytes");
  return bytes;
}

function textOf(bytes, what) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Refused(`${what} is not text`);
  }
}

const bytesOf = (text) => new TextEncoder().encode(text);
const bytesIn = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
const encode = (bytes) => btoa(String.fromCharCode(...bytes));
const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const equal = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);
