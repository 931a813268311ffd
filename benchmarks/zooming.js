// Changes the span or zooms, and returns when that was drawn, by the frames that the browser shows meanwhile.
async ({ button, wheel, seconds }) => {
  const PATIENCE = 30_000; // ms
  const isOnScreen = (element) => {
    const { top, bottom } = element.getBoundingClientRect();
    return bottom > top && bottom > 0 && top < innerHeight;
  };
  const charts = [...document.querySelectorAll(".bt-chart-stack > .bt-chart:not(.is-hidden)")].filter(isOnScreen);
  const root = document.querySelector(".bt-charts");
  const lines = (chart) => [...chart.querySelectorAll("path.line")].filter((path) => path.getAttribute("d"));
  // bqplot binds what the kernel has sent to the long line, the first of a chart, and draws it a little later.
  const drawn = (chart) => {
    const path = chart.querySelector("path.line");
    return { data: path?.__data__, path: path?.getAttribute("d") };
  };
  const width = () => Number(root.style.getPropertyValue("--w"));
  const plot = (chart) => chart.querySelector(".bt-plot").getBoundingClientRect();
  const isBlank = (chart) => {
    const { left, right } = plot(chart);
    return !lines(chart).some((path) => {
      const box = path.getBoundingClientRect();
      return Math.min(box.right, right) - Math.max(box.left, left) > 1;
    });
  };
  const fillsPlot = (chart) => {
    const { left, right } = plot(chart);
    const boxes = lines(chart).map((path) => path.getBoundingClientRect());
    const [first, last] = [Math.min(...boxes.map((box) => box.left)), Math.max(...boxes.map((box) => box.right))];
    return first < left + 0.05 * (right - left) && last > right - 0.1 * (right - left);
  };
  const before = { width: width(), charts: charts.map(drawn) };
  const isDrawn = (chart, index) => {
    const [now, then] = [drawn(chart), before.charts[index]];
    return now.data !== then.data && now.path !== then.path && fillsPlot(chart);
  };
  const isThere = () =>
    !root.classList.contains("is-moving") &&
    (seconds ? Math.abs(width() / seconds - 1) < 0.03 : width() !== before.width) &&
    charts.every(isDrawn);
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  if (!charts.length) throw new Error("no chart is on screen");
  const target = charts[0].querySelector(".bt-plot");
  const { left, top } = plot(charts[0]);
  const point = { clientX: left + target.clientWidth / 2, clientY: top + 20, bubbles: true, cancelable: true };
  await frame();
  const start = performance.now();
  let [followed, frames, blank] = [0, 0, 0];
  if (button) [...document.querySelectorAll(".bt-spans button")].find((each) => each.textContent.trim() === button).click();
  else target.dispatchEvent(new WheelEvent("wheel", { ...point, deltaY: wheel }));
  for (let hasEnded = false; !hasEnded; ) {
    hasEnded = frames > 0 && isThere();
    await frame(); // one more, as a frame's scripts run before it is drawn
    const now = performance.now() - start;
    frames += 1;
    blank += charts.some(isBlank);
    if (!followed && width() !== before.width) followed = now;
    if (now > PATIENCE) throw new Error(`${button ?? wheel}: not drawn; ${before.width} s before, ${width()} s now`);
  }
  return { drawn: performance.now() - start, followed, frames, blank };
};
