"use strict";
// Every word shown is written by the certifying program; this only finds the cell that the sliders stand in.
// What is certified depends on eta lambda alone, so another learning rate is another place among the same cells.
(() => {
  const data = JSON.parse(document.getElementById("cells").textContent);
  const box = document.getElementById("explore");
  const [slider, level, rate, own] = ["lambda", "level", "rate", "own"].map((name) => document.getElementById(name));
  const put = (name, text) => { document.getElementById("at-" + name).textContent = text; };
  const steps = Number(slider.max);
  const middle = Number(rate.defaultValue);
  const nearly = (number, factor) => number === null ? "" : "\u2248 " + (number * factor).toPrecision(5);
  const show = () => {
    const place = Number(slider.value) / steps;
    const faster = Number(rate.value) / middle;  // eta'/eta: 1 at the learning rate of the data
    const cell = data.cells.find((one) => place * faster <= one.until);
    const same = Number(rate.value) === middle;
    const near = data.last === null ? "" : "\u03bb " + nearly(data.last, place);
    put("lambda", near);
    put("rate", same ? "\u03b7, that of the data" : faster.toFixed(3) + " \u03b7 " + nearly(data.rate, faster));
    own.hidden = same;
    put("cell", !same ? "that of ηλ, divided by η′" : "[" + cell.from + ", " + cell.to + "]");
    put("product", cell ? cell.product : "beyond all cells");
    put("regime", cell ? cell.regime : "beyond the catapult window: nothing is said");
    put("theta", cell ? cell.theta : "not certified here");
    put("spike", cell ? cell.spikes[Number(level.value)] : "not certified here");
    slider.setAttribute("aria-valuetext", near + ", " + (cell ? cell.regime : "beyond the window"));
    rate.setAttribute("aria-valuetext", faster.toFixed(3) + " times the learning rate of the data");
  };
  for (const input of [slider, rate]) input.addEventListener("input", show);
  level.addEventListener("change", show);
  own.addEventListener("click", () => { rate.value = middle; show(); });
  box.hidden = false;
  show();
})();
