"use strict";
// Every word shown is written by the certifying program; this only finds the cell that the slider stands in.
(() => {
  const data = JSON.parse(document.getElementById("cells").textContent);
  const box = document.getElementById("explore");
  const slider = document.getElementById("lambda");
  const level = document.getElementById("level");
  const put = (name, text) => { document.getElementById("at-" + name).textContent = text; };
  const steps = Number(slider.max);
  const show = () => {
    const place = Number(slider.value) / steps;
    const cell = data.cells.find((one) => place <= one.until) || data.cells[data.cells.length - 1];
    const near = data.last === null ? "" : "λ ≈ " + (data.last * place).toPrecision(5);
    put("lambda", near);
    put("cell", "[" + cell.from + ", " + cell.to + "]");
    put("regime", cell.regime);
    put("theta", cell.theta);
    put("spike", cell.spikes[Number(level.value)]);
    slider.setAttribute("aria-valuetext", near + ", " + cell.regime);
  };
  slider.addEventListener("input", show);
  level.addEventListener("change", show);
  box.hidden = false;
  show();
})();
