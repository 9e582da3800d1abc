/** Pictures of the analysis, drawn from the table beside them: no figure in a picture that is not in the table. */

const figure = document.querySelector("figure.chart");
const table = figure && document.getElementById(figure.dataset.of);
const MOST_BARS = 20;
const MARGIN = 0.02; // degrees around what is shown
const DISTRICTS = "/static/map/sigungu.geojson";

const pixel = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

/** A colour of the page as numbers: what is made of two schemes cannot be mixed otherwise. */
function color(name) {
  const probe = document.createElement("i");
  probe.style.color = `var(${name})`;
  figure.append(probe);
  pixel.clearRect(0, 0, 1, 1);
  pixel.fillStyle = getComputedStyle(probe).color;
  pixel.fillRect(0, 0, 1, 1);
  probe.remove();
  const [red, green, blue, alpha] = pixel.getImageData(0, 0, 1, 1).data;
  return `rgba(${red},${green},${blue},${(alpha / 255).toFixed(3)})`;
}

const rows = () =>
  [...table.tBodies[0].rows].map((row) => ({
    label: row.dataset.label,
    cell: row.dataset.cell,
    at: row.dataset.lat && [Number(row.dataset.lon), Number(row.dataset.lat)],
    values: [...row.querySelectorAll("[data-value]")].map((one) => (one.dataset.value === "" ? null : Number(one.dataset.value))),
  }));
const heads = () => [...table.tHead.rows[0].cells].map((cell) => cell.innerText.trim());

function axis(data, more = {}) {
  return { type: "category", data, axisLabel: { color: color("--ink-2") }, ...more };
}

function count(name, more = {}) {
  return {
    type: "value",
    name,
    nameTextStyle: { color: color("--ink-2") },
    axisLabel: { color: color("--ink-2") },
    splitLine: { lineStyle: { color: color("--line") } },
    ...more,
  };
}

function heat(x, y, data, most) {
  return {
    grid: { left: Math.min(190, 20 + 13 * Math.max(...y.map((one) => one.length))), right: 20, top: 10, bottom: 84 },
    aria: { decal: { show: false } }, // every cell says its figure
    xAxis: axis(x),
    yAxis: axis(y, { inverse: true }),
    visualMap: {
      min: 0,
      max: Math.max(1, most),
      calculable: true,
      orient: "horizontal",
      left: "center",
      bottom: 0,
      textStyle: { color: color("--ink-2") },
      inRange: { color: [color("--side"), color("--mine-edge")] },
    },
    series: [{ type: "heatmap", data, label: { show: data.length <= 180, color: color("--ink") } }],
  };
}

const draw = {
  week() {
    const data = rows().map(({ cell, values }) => [Number(cell) % 24, Math.floor(Number(cell) / 24), values[0]]);
    const hours = [...Array(24).keys()].map((hour) => String(hour));
    return heat(hours, figure.dataset.days.split(","), data, Math.max(...data.map((one) => one[2])));
  },
  cohorts() {
    const all = rows();
    const data = all.flatMap((row, y) => row.values.map((value, x) => [x, y, value]));
    const wide = Math.max(...all.map((row) => row.values.length));
    return heat(heads().slice(1, wide + 1), all.map((row) => row.label), data, Math.max(...data.map((one) => one[2])));
  },
  /** Squares as dots on the outlines of the districts: how large, how many orders. */
  map() {
    const shown = rows().filter((row) => row.at);
    const most = Math.max(1, ...shown.map((row) => row.values[0]));
    const ends = (axis) => [Math.min(...shown.map((row) => row.at[axis])) - MARGIN, Math.max(...shown.map((row) => row.at[axis])) + MARGIN];
    const [west, east] = ends(0);
    const [south, north] = ends(1);
    return {
      geo: {
        map: "districts",
        roam: true,
        boundingCoords: shown.length ? [[west, north], [east, south]] : undefined,
        silent: true,
        itemStyle: { areaColor: color("--side"), borderColor: color("--line-strong") },
      },
      tooltip: { confine: true, renderMode: "richText", formatter: (one) => `${one.name}: ${one.value[2]}` },
      series: [
        {
          type: "scatter",
          coordinateSystem: "geo",
          name: heads()[1],
          symbol: "rect",
          symbolSize: ([, , count]) => 6 + 26 * Math.sqrt(count / most),
          itemStyle: { color: color("--mine"), borderColor: color("--desk"), opacity: 0.85 },
          data: shown.map((row) => ({ name: row.label, value: [...row.at, row.values[0]] })),
        },
      ],
      aria: { decal: { show: false } },
    };
  },
  bars() {
    const shown = rows().slice(0, MOST_BARS);
    const names = heads();
    return {
      grid: { left: 150, right: 30, top: 40, bottom: 30 },
      legend: { top: 0, textStyle: { color: color("--ink") } },
      xAxis: count(""),
      yAxis: axis(shown.map((row) => row.label), { inverse: true }),
      series: [1, 2, 3].map((at) => ({
        type: "bar",
        stack: "orders",
        name: names[at + 1],
        data: shown.map((row) => row.values[at]),
      })),
    };
  },
  lines() {
    const all = rows();
    return {
      grid: { left: 60, right: 20, top: 40, bottom: 30 },
      legend: { top: 0, textStyle: { color: color("--ink") } },
      xAxis: axis(all.map((row) => row.label)),
      yAxis: count("min"),
      series: heads()
        .slice(1)
        .map((name, at) => ({ type: "line", name, symbolSize: 7, data: all.map((row) => row.values[at]) })),
    };
  },
  band() {
    const all = rows();
    const [, about, low, high] = heads();
    return {
      grid: { left: 60, right: 20, top: 40, bottom: 30 },
      legend: { top: 0, textStyle: { color: color("--ink") } },
      xAxis: axis(all.map((row) => row.label)),
      yAxis: count(""),
      series: [
        { type: "bar", name: about, data: all.map((row) => row.values[0]) },
        { type: "line", name: low, lineStyle: { type: "dashed" }, data: all.map((row) => row.values[1]) },
        { type: "line", name: high, lineStyle: { type: "dotted" }, data: all.map((row) => row.values[2]) },
      ],
    };
  },
};

async function paint() {
  const echarts = await import("/static/vendor/echarts/dist/echarts.esm.min.mjs");
  const many = table.tBodies[0].rows.length;
  if (figure.dataset.chart === "cohorts" && many > 12) figure.style.height = `${100 + many * 24}px`;
  if (figure.dataset.chart === "map") {
    const answer = await fetch(DISTRICTS);
    echarts.registerMap("districts", answer.ok ? await answer.json() : { type: "FeatureCollection", features: [] });
  }
  const chart = echarts.init(figure, null, { renderer: "svg" });
  const show = () => {
    const drawn = draw[figure.dataset.chart]();
    chart.setOption(
      {
        animation: false,
        textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: color("--ink") },
        color: [color("--mine"), color("--late"), color("--ring"), color("--good")],
        tooltip: { confine: true, renderMode: "richText" },
        ...drawn,
        aria: { enabled: true, label: { description: figure.getAttribute("aria-label") }, decal: { show: true }, ...drawn.aria },
      },
      true,
    );
  };
  show();
  addEventListener("resize", () => chart.resize());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
}

if (table) paint();
