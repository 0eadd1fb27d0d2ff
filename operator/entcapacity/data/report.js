// Draws the curves anew whenever the language, the workload, the rivals or the width change, and says what stands where
// someone points. The numbers, the texts and the drawings come from the page; nothing is loaded.
"use strict";
(async () => {
  const page = JSON.parse(document.getElementById("data").textContent);
  const [chart, place, cursor, readout] = ["chart", "drawing", "cursor", "readout"].map((id) => document.getElementById(id));
  const [chooser, spans] = ["workload", "span"].map((id) => document.getElementById(id));
  const MINUTE = 60_000, DAY = 1440, DATE = { weekday: "long", day: "numeric", month: "long", year: "numeric" };
  const PAPER = 718; // what the style leaves of A4, in its pixels
  let language = page.language, view = null, at = null, turn = Promise.resolve(), printing = false;

  const workload = () => chooser.value;
  const rivals = () => [...document.querySelectorAll("input[name=rival]:checked")].map((box) => box.value);
  const [first, last] = [page.times[0], page.times.at(-1) + page.minutes];
  const begin = () => (spans.value ? Math.max(first, spans.value * DAY) : first);
  const end = () => (spans.value ? Math.min(last, (+spans.value + 1) * DAY) : last);
  const dated = (minutes, said) =>
    new Intl.DateTimeFormat(page.locales[language].name, { ...said, timeZone: "UTC" }).format(new Date(minutes * MINUTE));
  const number = (value) => new Intl.NumberFormat(page.locales[language].name).format(value);

  function rows(columns) {
    const names = Object.keys(columns);
    return page.times.map((time, index) => {
      const row = { time: time * MINUTE };
      for (const name of names) row[name] = columns[name][index];
      return row;
    });
  }

  function drawing() {
    const spec = structuredClone(page.drawings[language]);
    const width = Math.max(200, (printing ? PAPER : chart.clientWidth) - page.margin);
    for (const panel of spec.vconcat) {
      panel.width = width;
      if (printing) panel.height *= 0.75;
      if (panel.name === "replicas") panel.title.text = page.titles[language][workload()];
    }
    for (const param of spec.params) {
      if (param.name === "plot") param.value = width;
      else if (param.name === "begin") param.value = begin() * MINUTE;
      else if (param.name === "end") param.value = end() * MINUTE;
      else if (Array.isArray(param.value) && param.name !== "people_shown") param.value.push(...rivals());
    }
    spec.config.font = getComputedStyle(document.body).fontFamily;
    if (width < 500) spec.config.title.frame = "bounds";
    Object.assign(spec.datasets, {
      people: rows(page.people), replicas: rows(page.workloads[workload()].columns), outside: rows(page.outside),
      waits: rows(page.waits),
    });
    return spec;
  }

  async function draw() {
    document.documentElement.lang = language;
    document.title = page.heading[language];
    chart.setAttribute("aria-label", page.words[language].chart);
    for (const button of document.querySelectorAll("button[data-language]"))
      button.setAttribute("aria-pressed", String(button.dataset.language === language));
    for (const option of spans.options)
      option.textContent = option.value ? dated(option.value * DAY, DATE) : page.words[language].whole;
    const drawn = await vegaEmbed(place, drawing(), {
      // "ast" keeps Vega from making code of text, which the page's policy forbids
      mode: "vega-lite", renderer: "svg", ast: true, actions: false, tooltip: false, defaultStyle: false,
      formatLocale: page.locales[language].format, timeFormatLocale: page.locales[language].time,
    });
    if (view) view.finalize();
    view = drawn;
    if (at !== null && begin() <= page.times[at] && page.times[at] < end()) show(at);
    else hide();
  }

  // one drawing after the other: two at once would leave both in the page
  const redraw = () => (turn = turn.then(draw, draw));

  function plots() {
    const found = page.drawings[language].vconcat.map(({ name }) =>
      place.querySelector(`.${name}_group > g > path.background`).getBoundingClientRect());
    const own = chart.getBoundingClientRect();
    return {
      left: found[0].left - own.left, width: found[0].width,
      top: found[0].top - own.top, bottom: found.at(-1).bottom - own.top,
    };
  }

  // the point whose minutes hold a place on the screen
  function pointed(event) {
    const { left, width } = plots();
    const part = (event.clientX - chart.getBoundingClientRect().left - left) / width;
    if (part < -0.02 || part > 1.02) return hide();
    const minute = Math.min(end() - 1, begin() + Math.max(0, part) * (end() - begin()));
    show(page.times.findLastIndex((time) => time <= minute));
  }

  function hide() {
    at = null;
    cursor.hidden = readout.hidden = true;
  }

  function line(tag, text) {
    const made = document.createElement(tag);
    made.textContent = text;
    return made;
  }

  function show(index) {
    at = index;
    const { left, width, top, bottom } = plots();
    const x = left + (page.times[index] + page.minutes / 2 - begin()) / (end() - begin()) * width;
    cursor.style.cssText = `left: ${x}px; top: ${top}px; height: ${bottom - top}px`;
    const time = line("p", "");
    time.append(line("strong", dated(page.times[index], { ...DATE, hour: "2-digit", minute: "2-digit" })));
    const days = page.days.filter((day) => day.since <= page.times[index] && page.times[index] < day.until);
    readout.replaceChildren(time, ...days.map((day) => line("p", day.text[language])), values(index));
    const why = page.workloads[workload()].reasons[index];
    if (why !== null) {
      const reason = line("p", `${page.words[language].why} ${page.reasons[why][language]}`);
      reason.className = "why";
      readout.append(reason);
    }
    cursor.hidden = readout.hidden = false;
    if (getComputedStyle(readout).position !== "fixed") {
      const box = chart.getBoundingClientRect(), over = x > left + width / 2;
      readout.style.left = `${box.left + scrollX + x + (over ? -readout.offsetWidth - 12 : 12)}px`;
      const visible = Math.max(box.top + top, 8);
      readout.style.top = `${scrollY + Math.min(visible + 40, Math.max(8, innerHeight - readout.offsetHeight - 8))}px`;
    }
  }

  function values(index) {
    const list = document.createElement("dl"), { curves, ready } = page.words[language];
    const group = (title, columns, shown, none = "–") => {
      const found = shown.filter(([name]) => columns[name]);
      if (found.length) list.append(line("dt", title));
      for (const [name, label] of found) {
        const value = line("dd", columns[name][index] === null ? none : number(columns[name][index]));
        value.className = "value";
        list.append(line("dd", label), value);
      }
    };
    const chosen = rivals();
    const named = (names, words = curves) => names.map((name) => [name, words[name]]);
    group(page.words[language].people, page.people, named(["simulated", "measured", "expected", "low", "high", "logins"]));
    group(page.titles[language][workload()], page.workloads[workload()].columns,
      named(["took", "need", "asked", "maximum", "ready", ...chosen], ready));
    group(page.words[language].outside, page.outside, named(["queue", "entcapacity", ...chosen]));
    group(page.words[language].waits, page.waits, named(["wait", "entcapacity", ...chosen]), page.words[language].never);
    return list;
  }

  for (const button of document.querySelectorAll("button[data-language]"))
    button.addEventListener("click", () => { language = button.dataset.language; redraw(); });
  document.querySelector(".controls").addEventListener("change", redraw);
  chart.addEventListener("pointermove", pointed);
  chart.addEventListener("pointerdown", pointed);
  chart.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") hide(); });
  chart.addEventListener("blur", hide);
  chart.addEventListener("keydown", (event) => {
    const from = page.times.findIndex((time) => time >= begin()), to = page.times.findLastIndex((time) => time < end());
    const step = event.shiftKey ? Math.ceil((to - from) / 40) : 1;
    const next = {
      ArrowRight: at === null ? from : at + step, ArrowLeft: at === null ? to : at - step, Home: from, End: to,
    }[event.key];
    if (event.key === "Escape") hide();
    if (next === undefined) return;
    event.preventDefault();
    show(Math.min(to, Math.max(from, next)));
  });
  spans.append(line("option", ""));
  for (let day = Math.floor(first / DAY); day * DAY < last; day += 1) {
    const option = line("option", "");
    option.value = day;
    spans.append(option);
  }
  spans.options[0].value = "";
  spans.closest("label").hidden = spans.length <= 2;
  // paper is narrower than a screen: drawn for it, letters stay large enough. It is done before the browser prints
  for (const [event, now] of [["beforeprint", true], ["afterprint", false]])
    addEventListener(event, () => { printing = now; redraw(); });
  let width = chart.clientWidth;
  new ResizeObserver(() => {
    if (chart.clientWidth !== width && !matchMedia("print").matches) { width = chart.clientWidth; redraw(); }
  }).observe(chart);
  await redraw();
})();
