// The page that checks a receipt: reads what was chosen or pasted, and says what was found.

/** Make the form work. `checkReceipt` and `Refused` are those of receipt.js. */
export function start({ checkReceipt, Refused }) {
  const form = document.getElementById("check-receipt");
  const result = document.getElementById("result");
  form.hidden = false;
  document.getElementById("no-script").hidden = true;
  form.addEventListener("submit", async (event) => {
    event.preventDefault(); // Nothing is sent.
    result.replaceChildren();
    try {
      const receipt = await given("receipt", (text) => (text.endsWith("\n") ? text : `${text}\n`));
      const entry = await given("entry", (text) => text.replace(/\n$/, ""));
      const logKeys = document.getElementById("log-keys").value;
      const witnessKeys = document.getElementById("witness-keys").value;
      show(result, await checkReceipt({ receipt, entry, logKeys, witnessKeys }), entry);
    } catch (error) {
      complain(result, error, Refused);
    }
  });

  /** Return the bytes of a file if one was chosen, or of what was pasted. */
  async function given(name, mended) {
    const [file] = document.getElementById(`${name}-file`).files;
    if (file) return new Uint8Array(await file.arrayBuffer());
    const text = document.getElementById(`${name}-text`).value;
    if (!text.trim()) throw new Refused(`there is no ${name} yet: choose a file, or paste it`);
    return new TextEncoder().encode(mended(text)); // Copying adds or drops the last newline.
  }
}

function show(result, found, entry) {
  result.className = "cl-receipt-good";
  result.append(
    line("h2", "It verifies"),
    line("p", `This is entry ${found.index} of the log ${found.origin}, as it was signed at ${found.size} entries.`),
    ...found.witnesses.map(({ name, at }) =>
      line("p", at ? `The witness ${name} signed this, at ${when(at)}.` : `The witness ${name} has not signed this.`),
    ),
    line("p", "It was checked with this key. It proves as much as you know about whose key it is, so compare it:"),
    line("p", found.key, "cl-hash"),
    line("h3", "What the entry says"),
    line("pre", pretty(entry), "cl-code"),
  );
}

function complain(result, error, Refused) {
  result.className = "cl-receipt-bad";
  const known = error instanceof Refused;
  result.append(
    line("h2", "It does not verify"),
    line("p", known ? `Because ${error.message}.` : "This browser cannot check it: it lacks Ed25519. Use the program instead."),
  );
}

function when(at) {
  return Number.isNaN(at.valueOf()) ? "a time that no calendar has" : at.toISOString().replace(/\.\d+Z/, "Z");
}

function pretty(entry) {
  const text = new TextDecoder().decode(entry);
  try {
    return JSON.stringify(JSON.parse(text), null, 1);
  } catch {
    return text;
  }
}

function line(tag, text, className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  if (tag === "pre") made.tabIndex = 0;
  if (tag === "h2") made.className = "nhsuk-heading-m";
  if (tag === "h3") made.className = "nhsuk-heading-s";
  return made;
}
