// The page of any other operation: numbers of its output that were worked out for it.

function showOther() {
  const other = DATA.other;
  const planes = other.planes[other.output];
  const values = valuesOfPlanes(planes);
  const [count, height, width] = planes.shape;
  const layout = planes.vector && width > 12 ? nearSquare(width) : [height, width];
  const scale = scaleOf(planes.low, planes.high, false);
  const worked = new Set(Object.keys(other.cells));
  const start = placeOf(planes, DATA.at);
  const state = { map: start[0], row: start[1], column: start[2], held: false };
  if (planes.vector && layout[0] > 1) [state.row, state.column] = [Math.floor(start[2] / layout[1]), start[2] % layout[1]];
  const plane = remember((map) => newPlane(Array.from(values.slice(map * height * width, (map + 1) * height * width)), layout[0], layout[1], scale));
  const output = make('canvas', { role: 'img', class: 'large' });
  const index = make('output', { class: 'index', 'aria-live': 'polite' });
  const controls = make('section', { class: 'card controls', 'aria-label': say('controls') });
  const map = make('select', { onchange: () => { state.map = Number(map.value); update(); } }, ...Array.from({ length: count }, (_, at) => make('option', { value: at }, String(at))));
  if (count > 1) controls.append(make('label', {}, say('plane'), map));
  const list = make('select', { onchange: () => { const found = placeOf(planes, list.value.split(',').map(Number)); jump(found); } },
    ...[...worked].slice(0, 400).map((key) => make('option', { value: key }, `[${key.split(',').join(', ')}]`)));
  if (worked.size > 1) controls.append(make('label', {}, say('go_worked'), list));
  controls.append(index);
  const told = make('section', { class: 'card told', 'aria-live': 'polite' });
  const note = make('p', { class: 'note' });
  const inputs = other.inputs.filter((input) => other.planes[input.number]?.data).map((input) => ({ ...input, canvas: make('canvas', { role: 'img', 'aria-label': input.name }) }));
  document.getElementById('main').append(controls, make('div', { class: 'two' },
    make('div', {}, make('section', { class: 'card' }, make('h3', {}, say('output')), output, legend(scale), note),
      inputs.length ? make('section', { class: 'card inputs' }, make('h3', {}, say('input')), make('div', { class: 'planes' }, ...inputs.map((input) => make('figure', {}, make('figcaption', { class: 'small muted mono' }, input.name), input.canvas)))) : ''),
    told));
  readable(output, () => plane(state.map), () => [state.row, state.column], ([row, column]) => { if (!state.held) { state.row = row; state.column = column; update(); } });
  output.addEventListener('pointerdown', (event) => {
    const place = placeUnder(event, output, plane(state.map));
    if (!place) return;
    if (event.pointerType === 'mouse') state.held = !state.held;
    [state.row, state.column] = place;
    update();
  });
  output.addEventListener('keydown', () => { state.held = false; }, true);

  function jump([place, row, column]) {
    state.map = place;
    [state.row, state.column] = planes.vector ? [Math.floor(column / layout[1]), column % layout[1]] : [row, column];
    update();
  }

  function indexAt(place, row, column) {
    const flat = planes.vector ? row * layout[1] + column : (place * planes.of[1] + row * planes.step[0]) * planes.of[2] + column * planes.step[1];
    return indexInTensor(planes, flat);
  }

  function update() {
    const here = indexAt(state.map, state.row, state.column);
    const cell = other.cells[here.join(',')];
    const rings = [[state.row, state.column]];
    const room = Math.max(140, output.parentElement.clientWidth - 34);
    drawPlane(output, plane(state.map), { room, tall: 380, most: 52, rings });
    map.value = state.map;
    if (worked.has(here.join(','))) list.value = here.join(',');
    const value = plane(state.map).values[state.row * layout[1] + state.column];
    index.textContent = `${DATA.name}[${here.join(', ')}] ${planes.exact ? '=' : '≈'} ${text(value, 7)}`;
    output.setAttribute('aria-label', index.textContent);
    note.textContent = say(state.held ? 'held' : 'hint');
    told.replaceChildren(...(cell ? cellOf(cell, other.operands) : [make('h2', {}, index.textContent),
      make('p', { class: 'muted' }, worked.size ? say('not_worked', { count: counted(worked.size) }) : say('none_worked'))]));
    for (const input of inputs) drawInput(input, cell);
  }

  function drawInput(input, cell) {
    const of = other.planes[input.number];
    const numbers = valuesOfPlanes(of);
    const [, tall, wide] = of.shape;
    const sides = of.vector && wide > 12 ? nearSquare(wide) : [tall, wide];
    const read = cell ? cell.terms.flatMap((term) => term[0]).filter(([operand, index]) => index && other.operands[operand]?.number === input.number) : [];
    const places = read.map((number) => placeOf(of, number[1]));
    const at = places.length ? places[0][0] : Math.min(state.map, of.shape[0] - 1);
    const rings = places.filter((place) => place[0] === at).map((place) => (of.vector ? [Math.floor(place[2] / sides[1]), place[2] % sides[1]] : [place[1], place[2]]));
    const one = newPlane(Array.from(numbers.slice(at * tall * wide, (at + 1) * tall * wide)), sides[0], sides[1], scaleOf(of.low, of.high, false));
    drawPlane(input.canvas, one, { room: Math.min(230, output.parentElement.clientWidth - 34), tall: 230, most: 34, rings });
  }

  const notes = [];
  if (other.given > worked.size) notes.push(say('cells_left', { shown: counted(worked.size), count: counted(other.given) }));
  for (const [number, of] of Object.entries(other.planes)) {
    const whole = of.shape.every((side, axis) => side === of.of[axis]) && of.data;
    if (!whole) notes.push(say('tensor_left', { name: Number(number) === other.output ? say('output') : other.inputs.find((input) => input.number === Number(number))?.name ?? number }));
  }
  document.getElementById('foot').append(...notes.map((each) => make('p', { class: 'notes' }, each)));
  window.addEventListener('resize', update);
  update();
}

function nearSquare(length) {
  for (let rows = Math.floor(Math.sqrt(length)); rows > 0; rows -= 1) if (length % rows === 0) return [rows, length / rows];
  return [1, length];
}

function valuesOfPlanes(planes) {
  if (planes.exact) return floatsOf(planes.data);
  const step = (planes.high - planes.low) / 254;
  return Float32Array.from(bytesOf(planes.data), (code) => (code === 255 ? NaN : planes.low + code * step));
}

function indexInTensor(planes, place) {
  const index = [];
  for (const side of [...planes.inner].reverse()) { index.unshift(place % side); place = Math.floor(place / side); }
  return planes.sample === null ? index : [planes.sample, ...index];
}

// The plane, row and column of an index; a vector has one row.
function placeOf(planes, index) {
  const inner = planes.sample === null ? index : index.slice(1);
  const flat = inner.reduce((total, at, axis) => total * planes.inner[axis] + at, 0);
  if (planes.vector) return [0, 0, flat];
  const [, height, width] = planes.of;
  const row = Math.floor((flat % (height * width)) / width / planes.step[0]);
  return [Math.floor(flat / (height * width)), row, Math.floor((flat % width) / planes.step[1])];
}

function cellOf(cell, operands) {
  const written = (value, digits = 6) => (typeof value === 'number' ? text(value, digits) : String(value));
  const apart = typeof cell.value === 'number' && typeof cell.torch === 'number' ? Math.abs(cell.value - cell.torch) : cell.value === cell.torch ? 0 : NaN;
  const total = (name, value, kind) => make('div', { class: kind }, make('span', {}, say(name)), make('b', {}, value));
  const numbers = (list) => list.map(([operand, index, value]) => `${operand}: ${operands[operand] && index ? `${operands[operand].name}[${index.join(', ')}] = ` : ''}${written(value)}`).map((line) => make('div', {}, line));
  const rows = cell.terms.map(([list, value]) => make('tr', {}, make('td', {}, ...numbers(list)), make('td', { class: 'number' }, written(value))));
  const facts = Object.entries(cell.facts).map(([name, value]) => `${name} = ${written(value)}`);
  return [
    make('div', { class: 'total', style: 'border-top:0;padding-top:0' }, total('result', written(cell.value, 9), 'ours'), total('torch', written(cell.torch, 9), ''), total('difference', text(apart, 2), '')),
    make('div', {}, make('h3', {}, say('formula')), make('div', { class: 'formula' }, cell.formula)),
    cell.worked ? make('div', {}, make('h3', {}, say('worked')), make('div', { class: 'formula' }, cell.worked)) : '',
    facts.length ? make('p', { class: 'mono small' }, facts.join('  ·  ')) : '',
    rows.length ? make('div', { class: 'wide' }, make('table', {}, make('thead', {}, make('tr', {}, make('th', {}, say('numbers_read')), make('th', { class: 'number' }, say('part')))), make('tbody', {}, ...rows))) : '',
    cell.left_out ? make('p', { class: 'muted small' }, say('more_terms', { count: counted(cell.left_out) })) : '',
  ].filter(Boolean);
}
