// Sends texts and bytes from the page to the worker, which decodes them, and shows its answers.
const $ = (id) => document.getElementById(id);
const KEYS = ["key", "auth_key", "system_title"];
const EXAMPLE = "[21:14:02] 7E:A0:27:01:02:01:10:5A:87:E6:E7:00:0F:40:00:00:00:09:0C:07:E3:02:04\n" +
  "[21:14:02] 01:17:34:16:FF:80:00:00:02:01:06:00:00:16:DC:5A:5A:7E";
const LONGEST_LIVE = 20000; // characters; the page decodes a longer text only when the user presses the button
const LONGEST_LINK = 30000; // characters; programs cut off longer links
const LARGEST_FILE = 64 * 1024 * 1024; // bytes; the explanation and the plot need several times as much memory
const WAIT = 150; // ms; the page decodes a text when no key was pressed for this time

const worker = new Worker(new URL("worker.mjs", import.meta.url), { type: "module" });
const begun = performance.now();
let source = null; // the text or the file whose answer is shown
let number = 0; // number of the last question; the page ignores answers to earlier questions
let asked = 0;
let isReady = false;
let timer = 0;
let pushes = [];

const say = (text) => { $("state").textContent = text; };

function ask(given = source) {
  clearTimeout(timer);
  source = given;
  delete document.body.dataset.answered;
  if (!isReady || source === null) return;
  if (typeof source === "string" && !source.trim()) {
    $("answer").hidden = true;
    say("Paste a dump, or choose a file.");
    return;
  }
  number += 1;
  asked = performance.now();
  say("Decoding …");
  worker.postMessage({ number, source, keys: Object.fromEntries(KEYS.map((name) => [name, $(name).value.trim()])) });
}

async function askFile(file) {
  if (!file) return;
  delete document.body.dataset.answered;
  if (file.size > LARGEST_FILE) {
    say(`${file.name} has more than 64 MB. Cut the file into parts, or install hanparse and run hanparse decode.`);
    return;
  }
  try {
    ask(new Uint8Array(await file.arrayBuffer()));
  } catch {
    say(`${file.name} cannot be read. It is a folder, or another program changed or removed it.`);
  }
}

function show(answer) {
  const took = Math.max(1, Math.round(performance.now() - asked));
  pushes = answer.pushes;
  const problems = answer.problems.length ? answer.problems : ["No fault was found."];
  $("problems").replaceChildren(...problems.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
  $("problems").className = answer.sound ? "sound" : "faulty";
  $("push").replaceChildren(...pushes.map((push, at) => new Option(push.title, at)));
  $("choice").hidden = pushes.length < 2;
  choose();
  $("plot").innerHTML = answer.plot; // safe: answer.py and hanparse escape all texts from a meter
  $("map").innerHTML = answer.map;
  for (const table of $("map").querySelectorAll("table")) {
    const box = Object.assign(document.createElement("div"), { className: "scroll" });
    table.replaceWith(box);
    box.append(table);
  }
  $("map").querySelector("details")?.setAttribute("open", "");
  $("map_note").textContent = answer.map_note;
  $("s-values").hidden = !pushes.length;
  $("s-plot").hidden = !answer.plot;
  $("s-map").hidden = !answer.map;
  $("answer").hidden = false;
  document.body.dataset.answered = took;
  say(`${answer.count.toLocaleString("en")} ${answer.count === 1 ? "push" : "pushes"} decoded in ${took.toLocaleString("en")} ms.`);
}

function choose() {
  const push = pushes[$("push").selectedIndex];
  $("values").innerHTML = push ? push.html : "";
}

function fromLink() {
  const found = new URLSearchParams(location.hash.slice(1)).get("dump");
  if (found === null) return;
  $("dump").value = found;
  ask(found);
}

worker.onmessage = ({ data }) => {
  if (data.state) say(data.state);
  if (data.ready) {
    isReady = true;
    $("decode").disabled = false;
    document.body.dataset.ready = Math.round(performance.now() - begun);
    say(`hanparse ${data.ready} is ready. Paste a dump, or choose a file.`);
    ask();
  }
  if (data.number !== number) return;
  if (data.done !== undefined) {
    $("progress").hidden = data.done >= data.all;
    $("progress").value = data.done / data.all;
  }
  if (data.answer || data.failed) $("progress").hidden = true;
  if (data.answer) show(JSON.parse(data.answer));
  if (data.failed) say(data.failed);
};
worker.onerror = (event) => {
  event.preventDefault();
  say("The decoder could not be loaded. Reload the page. If the error remains, check the network connection.");
};

$("form").onsubmit = (event) => { event.preventDefault(); ask($("dump").value.trim() ? $("dump").value : source ?? ""); };
$("dump").oninput = () => {
  clearTimeout(timer);
  if ($("dump").value.length <= LONGEST_LIVE) timer = setTimeout(() => ask($("dump").value), WAIT);
};
for (const name of KEYS) $(name).onchange = () => ask();
$("example").onclick = () => { $("dump").value = EXAMPLE; ask(EXAMPLE); };
$("file").onchange = () => { $("dump").value = ""; askFile($("file").files[0]); };
$("push").onchange = choose;
$("link").onclick = async () => {
  const text = $("dump").value;
  const link = new URL(`#dump=${encodeURIComponent(text)}`, location.href).href;
  if (!text.trim()) return say("Paste a dump before you copy a link.");
  if (link.length > LONGEST_LINK) return say("The dump is too long for a link. Send the dump as a file.");
  history.replaceState(null, "", link);
  try {
    await navigator.clipboard.writeText(link);
    say("The link is in the clipboard. The link contains the dump, also a meter number in the dump, but no keys.");
  } catch {
    say("The link is in the address bar. The link contains the dump, also a meter number in the dump, but no keys.");
  }
};
for (const type of ["dragover", "drop"]) document.addEventListener(type, (event) => event.preventDefault());
document.addEventListener("drop", ({ dataTransfer }) => {
  if (dataTransfer.files.length) {
    $("dump").value = "";
    askFile(dataTransfer.files[0]);
  } else if (dataTransfer.getData("text")) {
    $("dump").value = dataTransfer.getData("text");
    ask($("dump").value);
  }
});
addEventListener("hashchange", fromLink);
say("Loading Python …");
fromLink();
if (source === null && $("dump").value) source = $("dump").value; // a browser keeps the text when the user reloads the page
