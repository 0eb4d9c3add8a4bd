// Charts are drawn from the tables beside them: one source, and who cannot see the chart reads the table.
"use strict";
(() => {
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const colours = ["--brand", "--good", "--warn"].map(css);
  const dashes = [[], [8, 4], [2, 3]];
  const points = ["circle", "rect", "triangle"];

  function columns(table) {
    const heads = [...table.tHead.rows[0].cells];
    const rows = [...table.tBodies[0].rows];
    const shown = heads.map((head, n) => n).filter((n) => n > 0 && !("skip" in heads[n].dataset));
    return {
      labels: rows.map((row) => row.cells[0].textContent),
      sets: shown.map((n) => ({
        label: heads[n].textContent,
        data: rows.map((row) => ("value" in row.cells[n].dataset ? Number(row.cells[n].dataset.value) : null)),
      })),
    };
  }

  for (const canvas of document.querySelectorAll("canvas[data-table]")) {
    const table = document.getElementById(canvas.dataset.table);
    const kind = canvas.dataset.kind;
    const { labels, sets } = columns(table);
    const datasets = sets.map((set, n) => ({
      ...set,
      borderColor: colours[n], backgroundColor: colours[n], borderDash: kind === "line" ? dashes[n] : [],
      pointStyle: points[n], pointRadius: labels.length > 45 ? 0 : 4, borderWidth: 2.5, spanGaps: true, tension: 0,
    }));
    if (canvas.dataset.target) {
      datasets.push({
        type: "line", label: "目标", data: labels.map(() => Number(canvas.dataset.target)),
        borderColor: css("--bad"), backgroundColor: css("--bad"), borderWidth: 1.5, borderDash: [5, 5], pointRadius: 0,
      });
    }
    new Chart(canvas, {
      type: kind,
      data: { labels, datasets },
      options: {
        animation: false, responsive: true, maintainAspectRatio: false,
        interaction: { mode: "index", intersect: false },
        scales: {
          y: { min: 0, max: 100, ticks: { callback: (value) => `${value}%`, font: { size: 14 } } },
          x: { ticks: { maxRotation: 0, autoSkipPadding: 16, font: { size: 14 } }, grid: { display: false } },
        },
        plugins: {
          legend: { labels: { usePointStyle: true, font: { size: 15 }, color: css("--ink") } },
          tooltip: { callbacks: { label: (item) => `${item.dataset.label} ${item.formattedValue}%` } },
        },
      },
    });
  }
})();
