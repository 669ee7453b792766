// Runs hanparse in Pyodide. Deciphers ciphered pushes with Web Crypto.
import { loadPyodide } from "./pyodide/pyodide.mjs";

const FAILED = "The decoder failed because of a fault in hanparse. Please open an issue in the repository, and attach the dump.";
const NO_CRYPTO = "The browser can decipher only if the page is loaded with https or from localhost.";
const ROUNDS = 8; // two rounds are enough for most inputs: the first finds all ciphered pushes, and the second decodes them
const WARM = "7EA027010201105A87E6E7000F40000000090C07E3020401173416FF800000020106000016DC5A5A7E";

const url = (name) => new URL(name, import.meta.url).href;
const fetched = async (name) => {
  const response = await fetch(url(name));
  if (!response.ok) throw new Error(name);
  return response;
};
const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

async function load() {
  const built = await (await fetched("built.json")).json();
  const py = await loadPyodide({ indexURL: url("pyodide/") });
  postMessage({ state: "Loading hanparse …" });
  const quiet = { checkIntegrity: false, messageCallback: () => {}, errorCallback: () => {} };
  await py.loadPackage(built.wheels.map((name) => url(`wheels/${name}`)), quiet);
  for (const name of built.modules) py.FS.writeFile(`/home/pyodide/${name}`, await (await fetched(name)).text());
  const asJson = py.pyimport("answer").as_json; // fails if a wheel is missing; loadPackage does not
  asJson(WARM, "{}", "{}"); // imports the grammar and the profiles before the first question of the page
  return [py, asJson, built.version];
}

// Returns the plaintext, or null if the authentication tag does not fit.
async function decipher(job) {
  const aes = job.associated === null
    ? { name: "AES-CTR", counter: bytes(job.counter), length: 32 }
    : { name: "AES-GCM", iv: bytes(job.iv), additionalData: bytes(job.associated), tagLength: 96 };
  const key = await crypto.subtle.importKey("raw", bytes(job.key), aes.name, false, ["decrypt"]);
  return crypto.subtle.decrypt(aes, key, bytes(job.content)).then(hex, () => null);
}

const loading = load();
loading.then(([, , version]) => postMessage({ ready: version }), () => postMessage({
  state: "The decoder could not be loaded. Reload the page. If the error remains, check the network connection.",
}));

onmessage = async ({ data: { number, source, keys } }) => {
  const progress = (done, all) => postMessage({ number, done, all });
  try {
    const [py, asJson] = await loading;
    const given = typeof source === "string" ? source : py.toPy(source);
    const opened = {};
    for (let round = 0; round < ROUNDS; round += 1) {
      const answer = asJson(given, JSON.stringify(keys), JSON.stringify(opened), progress);
      const { jobs } = JSON.parse(answer);
      if (!jobs.length) return postMessage({ number, answer });
      if (!self.crypto?.subtle) return postMessage({ number, failed: NO_CRYPTO });
      await Promise.all(jobs.map(async (job) => { opened[job.name] = await decipher(job); }));
    }
    postMessage({ number, failed: FAILED });
  } catch {
    postMessage({ number, failed: FAILED });
  }
};
