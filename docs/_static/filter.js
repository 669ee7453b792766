// A box above the table of all codes: only rows that hold every word in it are shown.
document.addEventListener("DOMContentLoaded", () => {
  const table = document.querySelector("#every-code table");
  if (!table) return;
  const box = Object.assign(document.createElement("input"), {
    type: "search", className: "filter", placeholder: "1.8.0, voltage, export tariff …",
  });
  box.setAttribute("aria-label", "Show only rows with these words");
  table.parentNode.before(box);
  box.addEventListener("input", () => {
    const words = box.value.toLowerCase().split(/\s+/);
    for (const row of table.tBodies[0].rows) {
      row.hidden = !words.every((word) => row.textContent.toLowerCase().includes(word));
    }
  });
});
