// The page of an operation with a window: input, window × kernel = products, output, and the sum spelled out.

const MOST_SPELLED = 64;

function showWindow() {
  const work = openWindow(DATA.window, floatsOf);
  const linear = work.dims === 0;
  const [channels, outHeight, outWidth] = work.output.shape;
  const state = {
    at: Math.max(0, work.output.channels.indexOf(work.place[0])),
    row: work.place[1] - work.output.first[0],
    column: work.place[2] - work.output.first[1],
    source: 0,
    held: false,
    timer: null,
  };
  state.source = work.sources[state.at][0];
  const layout = linear && channels === work.whole.output[0] ? work.layout : [1, channels];
  const low = Number(work.low);
  const high = Number(work.high);
  const inputScale = scaleOf(low, high, work.grey);
  let outLow = Infinity;
  let outHigh = -Infinity;
  for (const value of work.outputs) { if (value < outLow) outLow = value; if (value > outHigh) outHigh = value; }
  const outputScale = scaleOf(outLow, outHigh, false);
  let mostWeight = 0;
  for (const value of work.weights ?? []) mostWeight = Math.max(mostWeight, Math.abs(value));
  const weightScale = scaleOf(-mostWeight, mostWeight, false);
  const productScale = scaleOf(-mostWeight * Math.max(-low, high), mostWeight * Math.max(-low, high), false);

  const reach = (axis, length, first) => {
    const touched = axis.flat().map((tap) => tap[1]).filter((at) => at < 0 || at >= length + first);
    return [Math.min(0, ...touched.map((at) => at - first)), Math.max(length, ...touched.map((at) => at - first + 1))];
  };
  const rows = reach(work.rows, work.height, work.input.first[0]);
  const columns = reach(work.columns, work.width, work.input.first[1]);
  const padded = rows[0] < 0 || columns[0] < 0 || rows[1] > work.height || columns[1] > work.width;
  const inputPlane = remember((source) => newPlane(work.inputs.subarray(source * work.height * work.width, (source + 1) * work.height * work.width), work.height, work.width, inputScale, [rows, columns]));
  const outputPlane = remember((at) => (linear ? newPlane(work.outputs, layout[0], layout[1], outputScale)
    : newPlane(work.outputs.subarray(at * outHeight * outWidth, (at + 1) * outHeight * outWidth), outHeight, outWidth, outputScale)));

  const view = windowMarkup(work, linear, padded, inputScale, outputScale);
  document.getElementById('main').append(...view.elements);
  const controls = windowControls(view, work, state, linear, update);
  readable(view.output, () => outputPlane(linear ? 0 : state.at), outputPlace, (place) => { if (!state.held) go(place); });
  view.output.addEventListener('pointerdown', (event) => {
    const place = placeUnder(event, view.output, outputPlane(linear ? 0 : state.at));
    if (!place) return;
    if (event.pointerType === 'mouse') state.held = !state.held;
    go(place);
  });
  view.output.addEventListener('keydown', (event) => { if (event.key in STEPS_OF_KEYS) { state.held = false; } }, true);

  function outputPlace() {
    return linear ? [Math.floor(state.at / layout[1]), state.at % layout[1]] : [state.row, state.column];
  }

  function go([row, column]) {
    if (linear) state.at = row * layout[1] + column;
    else { state.row = row; state.column = column; }
    update();
  }

  function update() {
    const [from, end] = work.sources[state.at];
    if (state.source < from || state.source >= end) state.source = from;
    const terms = termsOf(work, state.at, state.row, state.column);
    const here = terms.filter((term) => term.source === state.source);
    const result = resultOf(work, terms, state.at);
    const [first, second] = work.input.first;
    const room = (canvas) => Math.max(90, canvas.parentElement.clientWidth - 2 * parseFloat(getComputedStyle(canvas.parentElement).paddingLeft));
    drawPlane(view.input, inputPlane(state.source), {
      room: room(view.input), tall: Math.max(150, room(view.input)), most: 64, frame: true,
      rings: linear ? [] : here.map((term) => [term.y - first, term.x - second]),
    });
    drawPlane(view.output, outputPlane(linear ? 0 : state.at), { room: room(view.output), tall: Math.max(150, room(view.output)), most: 64, rings: [outputPlace()], frame: true });
    drawSmall(view, work, here, result, { inputScale, weightScale, productScale });
    spell(view, work, state, terms, here, result, update);
    controls();
    const told = `${DATA.name}[${indexHere(work, state).join(', ')}] = ${text(torchValue(work, state.at, state.row, state.column), 7)}`;
    view.index.textContent = told;
    view.output.setAttribute('aria-label', `${say('output')}: ${told}`);
    view.note.textContent = say(state.held ? 'held' : 'hint');
  }

  let checkedFor = null;
  function checkNow() {
    if (checkedFor === (linear ? 'all' : state.at)) return;
    checkedFor = linear ? 'all' : state.at;
    const found = check(work, linear ? work.output.channels.map((_, at) => at) : [state.at]);
    const key = found.checked < found.numbers ? 'checked_some' : linear ? 'checked_units' : 'checked';
    view.checked.textContent = `✓ ${say(key, { count: counted(found.numbers), checked: counted(found.checked), difference: text(found.difference, 2) })}`;
    view.checked.dataset.difference = String(found.difference);
  }
  view.whenChannelChanges = () => setTimeout(checkNow, 0);

  view.play.addEventListener('click', () => {
    if (state.timer) { clearInterval(state.timer); state.timer = null; } else {
      state.timer = setInterval(() => {
        const { height, width } = outputPlane(linear ? 0 : state.at);
        const [row, column] = outputPlace();
        const next = (row * width + column + 1) % (height * width);
        go([Math.floor(next / width), next % width]);
      }, 420);
    }
    view.play.textContent = say(state.timer ? 'stop' : 'play');
  });
  window.addEventListener('resize', update);
  footOfWindow(work);
  update();
  checkNow();
}

// The index of the chosen number in the operation's output.
function indexHere(work, state) {
  const place = [work.output.first[0] + state.row, work.output.first[1] + state.column].slice(2 - work.dims);
  return [...work.lead, work.output.channels[state.at], ...place];
}

function remember(makeOne) {
  const made = new Map();
  return (key) => {
    if (!made.has(key)) made.set(key, makeOne(key));
    return made.get(key);
  };
}

function windowMarkup(work, linear, padded, inputScale, outputScale) {
  const view = {
    input: make('canvas', { class: 'plane', role: 'img', 'aria-label': say('input') }),
    output: make('canvas', { class: 'plane', role: 'img' }),
    small: ['window', linear ? 'weights' : 'kernel', 'products'].slice(0, work.weights ? 3 : 1).map((key) => ({ canvas: make('canvas', { role: 'img', 'aria-label': say(key) }), key })),
    index: make('output', { class: 'index', 'aria-live': 'polite' }),
    note: make('p', { class: 'note' }),
    controls: make('section', { class: 'card controls', 'aria-label': say('controls') }),
    play: make('button', { class: 'button', type: 'button' }, say('play')),
    sum: make('section', { class: 'card sum' }),
    checked: make('p', { class: 'checked', id: 'checked' }),
  };
  const shape = (whole) => whole.slice(3 - (work.dims === 1 ? 2 : 3)).join('×');
  const name = (key, whole) => `${say(key)} ${linear && key === 'output' ? whole[0] : shape(work.dims === 1 ? [whole[0], whole[2]] : whole)}`;
  const heading = (key, whole, more) => make('h3', {}, name(key, whole), more ? ` · ${more}` : '');
  view.elements = [
    view.controls,
    make('div', { class: 'work' },
      make('section', { class: 'card' }, heading('input', work.whole.input, padded ? say('padded') : ''), view.input, legend(inputScale)),
      make('section', { class: 'card middle' }, ...view.small.map(({ canvas, key }) => make('figure', {}, make('figcaption', {}, say(key)), canvas))),
      make('section', { class: 'card output' }, heading('output', work.whole.output), view.output, legend(outputScale), view.note)),
    view.sum,
    view.checked,
  ];
  return view;
}

// Selects and number fields; what comes back brings them to the present state.
function windowControls(view, work, state, linear, update) {
  const field = (key, control) => make('label', {}, say(key), control);
  const choose = (values, change) => make('select', { onchange: (event) => { change(Number(event.target.value)); update(); } }, ...values.map((name, at) => make('option', { value: at }, String(name))));
  const count = (first, length, change) => make('input', { type: 'number', min: first, max: first + length - 1, oninput: (event) => {
    const value = Number(event.target.value) - first;
    if (event.target.value !== '' && Number.isInteger(value) && value >= 0 && value < length) { change(value); update(); }
  } });
  const channel = choose(work.output.channels, (at) => { state.at = at; });
  const row = count(work.output.first[0], work.output.shape[1], (value) => { state.row = value; });
  const column = count(work.output.first[1], work.output.shape[2], (value) => { state.column = value; });
  const source = make('select', { onchange: (event) => { state.source = Number(event.target.value); update(); } });
  const sources = field('source', source);
  view.controls.append(field(linear ? 'unit' : 'channel', channel));
  if (work.dims === 2) view.controls.append(field('row', row));
  if (work.dims >= 1) view.controls.append(field('column', column));
  if (work.weights && work.input.shape[0] > 1) view.controls.append(sources);
  view.controls.append(view.play, view.index);
  let filledFor = null;
  return () => {
    channel.value = state.at;
    for (const [control, value] of [[row, work.output.first[0] + state.row], [column, work.output.first[1] + state.column]]) {
      if (document.activeElement !== control) control.value = value;
    }
    const [from, end] = work.sources[state.at];
    if (filledFor !== `${from} ${end}`) {
      filledFor = `${from} ${end}`;
      source.replaceChildren(...Array.from({ length: end - from }, (_, at) => make('option', { value: from + at }, String(work.input.channels[from + at]))));
    }
    source.value = state.source;
    view.whenChannelChanges?.();
  };
}

function drawSmall(view, work, here, result, scales) {
  const [height, width] = work.kernel;
  const values = [new Float64Array(height * width).fill(NaN), new Float64Array(height * width).fill(NaN), new Float64Array(height * width).fill(NaN)];
  const empty = new Set(Array.from({ length: height * width }, (_, at) => at));
  const outside = [];
  let best = [];
  for (const term of here) {
    const at = term.kernelRow * width + term.kernelColumn;
    if (term.value !== null || work.weights) empty.delete(at);
    if (term.value === null) outside.push(at);
    values[0][at] = term.value ?? 0;
    values[1][at] = term.weight ?? NaN;
    values[2][at] = (term.value ?? 0) * term.weight;
    if (term === result.best) best = [[term.kernelRow, term.kernelColumn]];
  }
  const room = Math.min(window.innerWidth < 620 ? 104 : 168, 40 * Math.max(height, width));
  view.small.forEach(({ canvas }, place) => {
    const scale = [scales.inputScale, scales.weightScale, scales.productScale][place];
    const numbers = Array.from(values[place]);
    for (const at of empty) numbers[at] = undefined;
    if (place === 0) for (const at of outside) numbers[at] = undefined;
    const plane = newPlane(numbers, height, width, scale);
    drawPlane(canvas, plane, { room, tall: room, most: 44, rings: place === 0 ? best : [] });
    drawOutside(canvas, place === 0 ? [...empty, ...outside] : [...empty], width);
  });
}

// Places of a window without a number are dashed.
function drawOutside(canvas, places, width) {
  const context = canvas.getContext('2d');
  context.strokeStyle = cssColour('--muted');
  context.lineWidth = 1;
  context.setLineDash([3, 2]);
  for (const at of places) context.strokeRect((at % width) * canvas.cell + 0.5, Math.floor(at / width) * canvas.cell + 0.5, canvas.cell - 1, canvas.cell - 1);
}

function spell(view, work, state, terms, here, result, update) {
  const theirs = torchValue(work, state.at, state.row, state.column);
  const many = work.weights && work.sources[state.at][1] - work.sources[state.at][0] > 1;
  const inside = here.filter((term) => term.value !== null);
  const key = work.kind === 'max_pool' ? 'maximum' : work.kind === 'avg_pool' ? 'average' : 'sum';
  const title = !work.weights ? say('of_window') : many ? say('of_channel', { channel: work.input.channels[state.source] }) : say('of_all');
  const line = make('p', { class: 'spelled' });
  inside.slice(0, MOST_SPELLED).forEach((term, at) => line.append(spelledTerm(work, term, at, result), ' '));
  if (inside.length > MOST_SPELLED) line.append(make('span', { class: 'muted' }, say('more_terms', { count: counted(inside.length - MOST_SPELLED) })), ' ');
  const own = inside.reduce((total, term) => total + term.value * (term.weight ?? 1), 0);
  if (work.kind === 'avg_pool') line.prepend('(');
  if (work.kind === 'avg_pool') line.append(`) / ${result.divisor} `);
  if (work.kind === 'max_pool') { line.prepend('max( '); line.append(') '); }
  if (!many && work.biases) line.append(make('span', { class: 'term' }, `${result.bias < 0 ? '−' : '+'} ${text(Math.abs(result.bias))} (${say('bias')}) `));
  line.append(make('b', {}, `= ${text(many ? own : result.value, 6)}`));
  const children = [make('h2', {}, say(key)), make('div', {}, make('h3', {}, title), line)];
  if (many) children.push(channelSums(work, state, terms, result, update));
  const apart = Object.is(result.value, theirs) ? 0 : Math.abs(result.value - theirs);
  const total = (name, value, kind) => make('div', { class: kind }, make('span', {}, say(name)), make('b', {}, value));
  children.push(make('div', { class: 'total' }, total('result', text(result.value, 9), 'ours'), total('torch', text(theirs, 9), ''), total('difference', text(apart, 2), '')));
  const scrolled = view.sum.querySelector('.parts')?.scrollTop ?? 0;
  view.sum.replaceChildren(...children);
  const parts = view.sum.querySelector('.parts');
  if (parts) parts.scrollTop = scrolled;
}

function spelledTerm(work, term, at, result) {
  const value = text(term.value);
  if (work.kind === 'max_pool') return make(term === result.best ? 'b' : 'span', { class: 'term' }, value);
  if (work.kind === 'avg_pool') return make('span', { class: 'term' }, at === 0 ? value : `${term.value < 0 ? '−' : '+'} ${text(Math.abs(term.value))}`);
  const weight = term.weight < 0 ? `(${text(term.weight)})` : text(term.weight);
  const shown = term.value < 0 && at > 0 ? `(${value})` : value;
  return make('span', { class: term.value * term.weight === 0 ? 'term zero' : 'term' }, `${at === 0 ? '' : '+ '}${shown}·${weight}`);
}

function channelSums(work, state, terms, result, update) {
  const sums = new Map();
  for (const term of terms) sums.set(term.source, (sums.get(term.source) ?? 0) + (term.value === null ? 0 : term.value * term.weight));
  const most = Math.max(...[...sums.values()].map(Math.abs), Math.abs(result.bias), 1e-30);
  const scale = scaleOf(-1, 1, false);
  const bar = (value) => {
    const width = (50 * Math.abs(value)) / most;
    const [red, green, blue] = colour(Math.sign(value) * 0.85, scale);
    return make('span', { class: 'bar', 'aria-hidden': 'true' }, make('i', { style: `width:${width}%;left:${value < 0 ? 50 - width : 50}%;background:rgb(${red},${green},${blue})` }));
  };
  const rows = [...sums].map(([source, value]) => make('button', { type: 'button', 'aria-pressed': String(source === state.source), onclick: () => { state.source = source; update(); } },
    make('span', { class: 'mono' }, String(work.input.channels[source])), bar(value), make('span', { class: 'value' }, text(value, 5))));
  if (work.biases) rows.push(make('div', { class: 'bias' }, make('span', {}, say('bias')), bar(result.bias), make('span', { class: 'value' }, text(result.bias, 5))));
  return make('div', {}, make('h3', {}, say('by_channel')), make('div', { class: 'parts', role: 'group', 'aria-label': say('by_channel') }, ...rows));
}

function footOfWindow(work) {
  const notes = [say('precision', { dtype: work.dtype }) + (work.dtype === 'float64' ? ` ${say('rounded')}` : '')];
  const [channels, height, width] = work.output.shape;
  const [allChannels, allHeight, allWidth] = work.whole.output;
  if (channels < allChannels) notes.push(say('left_channels', { shown: counted(channels), count: counted(allChannels) }));
  if (height < allHeight || width < allWidth) {
    const [row, column] = work.output.first;
    notes.push(say('left_part', { row, last_row: row + height - 1, column, last_column: column + width - 1 }));
  }
  document.getElementById('foot').append(...notes.map((note, at) => make('p', { class: at ? 'notes' : 'small muted' }, note)));
}
