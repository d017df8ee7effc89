// The table, the graph and the details of the chosen layer.

const ROWS = DATA.rows;
const CHILDREN = ROWS.map((_, at) => ROWS.some((row) => row.parent === at));
const open = new Set(ROWS.map((_, at) => at).filter((at) => CHILDREN[at] && (ROWS.length <= 40 || ROWS[at].depth < 1)));
const elements = [];
let chosen = -1;
let wanted = '';

function size(bytes) {
  const units = ['B', 'KB', 'MB', 'GB'];
  let at = 0;
  let value = bytes;
  while (value >= 1000 && at < 3) { value /= 1000; at += 1; }
  return `${at ? value.toPrecision(3) : value} ${units[at]}`;
}

function compact(value) {
  if (value < 100000) return counted(value);
  const [divisor, unit] = value < 1e6 ? [1e3, 'K'] : value < 1e9 ? [1e6, 'M'] : [1e9, 'G'];
  return `${(value / divisor).toPrecision(3)} ${unit}`;
}

function seconds(value) {
  return value >= 1 ? `${value.toPrecision(3)} s` : value >= 1e-3 ? `${(value * 1e3).toPrecision(3)} ms` : `${(value * 1e6).toPrecision(3)} µs`;
}

function header() {
  const totals = DATA.totals;
  const fact = (value, name) => make('span', {}, make('b', {}, value), ' ', make('span', { class: 'muted' }, name));
  const trainable = totals.trainable === totals.parameters ? '' : ` (${say('trainable', { count: counted(totals.trainable) })})`;
  document.getElementById('top').append(
    DATA.picture ? make('img', { class: 'seen', src: DATA.picture, alt: say('picture') }) : '',
    make('div', {},
      make('h1', {}, say('headline', { network: DATA.network })),
      make('div', { class: 'sums' },
        ...DATA.inputs.slice(0, 3).map((value) => fact(shapeText(value.shape), say('input'))),
        fact(counted(totals.parameters), say('parameters') + trainable),
        fact(compact(totals.macs), say('macs')),
        fact(size(totals.bytes), say('bytes')),
        fact(seconds(totals.seconds), say('time_all')),
        fact(counted(totals.ops), say('ops')))));
}

function isShown(at) {
  if (wanted) return named(at) || ROWS.some((_, other) => named(other) && isAround(at, other));
  for (let up = ROWS[at].parent; up !== null; up = ROWS[up].parent) if (!open.has(up)) return false;
  return true;
}

function named(at) {
  const row = ROWS[at];
  return [row.path ?? row.label, row.type, row.operation].some((name) => name && name.toLowerCase().includes(wanted));
}

function isAround(outer, inner) {
  for (let up = ROWS[inner].parent; up !== null; up = ROWS[up].parent) if (up === outer) return true;
  return false;
}

function refresh() {
  let none = true;
  elements.forEach((element, at) => {
    element.hidden = !isShown(at);
    if (!element.hidden) none = false;
    if (CHILDREN[at]) {
      const unfolded = open.has(at) || Boolean(wanted);
      element.setAttribute('aria-expanded', String(unfolded));
      element.querySelector('.fold').setAttribute('aria-label', say(unfolded ? 'fold' : 'unfold', { name: ROWS[at].name }));
    }
    element.setAttribute('aria-selected', String(at === chosen));
  });
  document.getElementById('none').hidden = !none;
  const inTab = elements[chosen] && !elements[chosen].hidden ? chosen : elements.findIndex((element) => !element.hidden);
  elements.forEach((element, at) => { element.tabIndex = at === inTab ? 0 : -1; });
}

function fold(at, unfolded) {
  if (unfolded) open.add(at); else open.delete(at);
  refresh();
}

function chevron() {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  for (const [name, value] of [['width', 12], ['height', 12], ['viewBox', '0 0 12 12'], ['aria-hidden', 'true']]) svg.setAttribute(name, value);
  for (const [name, value] of [['d', 'M4 2l4 4-4 4'], ['fill', 'none'], ['stroke', 'currentColor'], ['stroke-width', 1.8]]) path.setAttribute(name, value);
  svg.append(path);
  return svg;
}

function tableRow(row, at) {
  const fraction = DATA.totals.macs ? row.macs / DATA.totals.macs : 0;
  const toggle = CHILDREN[at]
    ? make('button', { class: 'fold', tabindex: -1, onclick: (event) => { event.stopPropagation(); fold(at, !open.has(at)); } }, chevron())
    : make('span', { class: 'leaf' });
  const is = row.type ?? (row.stage === 'loss' ? say('loss_stage') : '');
  const element = make('tr', { role: 'row', 'aria-level': row.depth + 1, onclick: () => choose(at, true) },
    make('td', { role: 'gridcell' },
      make('div', { class: 'layer', style: `--depth:${row.depth}` }, toggle,
        make('span', {}, make('span', { class: 'name' }, row.name), ' ', is ? make('span', { class: 'is' }, is) : ''))),
    make('td', { role: 'gridcell', class: 'number mono' }, row.outputs.length ? shapeText(row.outputs[0].shape) : ''),
    make('td', { role: 'gridcell', class: 'number' }, row.size ? compact(row.size) : '–'),
    make('td', { role: 'gridcell', class: 'number worth wide-only' }, row.macs ? compact(row.macs) : '–',
      fraction > 0.002 ? make('i', { style: `width:${Math.max(2, fraction * 90)}%` }) : ''),
    make('td', { role: 'gridcell', class: 'number wide-only' }, row.bytes ? size(row.bytes) : '–'));
  elements.push(element);
  return element;
}

function table() {
  const names = [['column_layer', ''], ['column_output', 'number'], ['column_parameters', 'number'], ['column_macs', 'number wide-only'], ['column_memory', 'number wide-only']];
  const grid = make('table', { role: 'treegrid', class: CHILDREN.some(Boolean) ? '' : 'flat', 'aria-label': say('layers') },
    make('thead', {}, make('tr', { role: 'row' }, ...names.map(([key, kind]) => make('th', { role: 'columnheader', scope: 'col', class: kind }, say(key))))),
    make('tbody', {}, ...ROWS.map(tableRow)));
  grid.addEventListener('keydown', tableKeys);
  document.getElementById('table-view').append(grid, make('p', { id: 'none', class: 'muted', hidden: true }, say('nothing_found')));
}

function tableKeys(event) {
  const at = elements.indexOf(document.activeElement);
  if (at < 0) return;
  const shown = elements.map((element, place) => place).filter((place) => !elements[place].hidden);
  const here = shown.indexOf(at);
  const moves = { ArrowDown: shown[here + 1], ArrowUp: shown[here - 1], Home: shown[0], End: shown.at(-1) };
  if (event.key in moves) focusRow(moves[event.key]);
  else if (event.key === 'ArrowRight' && CHILDREN[at]) { if (open.has(at)) focusRow(shown[here + 1]); else fold(at, true); }
  else if (event.key === 'ArrowLeft' && CHILDREN[at] && open.has(at)) fold(at, false);
  else if (event.key === 'ArrowLeft') focusRow(ROWS[at].parent);
  else if (event.key === 'Enter' || event.key === ' ') choose(at, true);
  else return;
  event.preventDefault();
}

function focusRow(at) {
  if (at === undefined || at === null) return;
  elements.forEach((element, place) => { element.tabIndex = place === at ? 0 : -1; });
  elements[at].focus();
}

function tools() {
  const search = make('input', { type: 'search', placeholder: say('search'), 'aria-label': say('search'), oninput: () => { wanted = search.value.trim().toLowerCase(); refresh(); } });
  const all = (unfolded) => () => { open.clear(); if (unfolded) ROWS.forEach((_, at) => { if (CHILDREN[at]) open.add(at); }); refresh(); };
  const nested = CHILDREN.some(Boolean);
  const folding = make('span', { class: 'pair' },
    make('button', { class: 'button', type: 'button', onclick: all(true) }, say('unfold_all')),
    make('button', { class: 'button', type: 'button', onclick: all(false) }, say('fold_all')));
  const views = DATA.graph ? make('span', { class: 'pair', role: 'group', 'aria-label': say('view') }, ...['table', 'graph'].map((name) =>
    make('button', { class: 'button', type: 'button', 'data-view': name, onclick: () => view(name) }, say(name)))) : '';
  document.getElementById('tools').append(views, make('span', { id: 'table-tools' }, search, nested ? folding : ''));
}

function view(name) {
  document.getElementById('table-tools').hidden = name !== 'table';
  for (const other of ['table', 'graph']) {
    document.getElementById(`${other}-view`).hidden = other !== name;
    document.querySelector(`[data-view=${other}]`)?.setAttribute('aria-pressed', String(other === name));
  }
}

// The row of an operation: the innermost that holds it.
function rowOf(op) {
  let found = -1;
  ROWS.forEach((row, at) => { if (row.first <= op && op < row.end) found = at; });
  return found;
}

// The row that a box of the drawing stands for: the module of its path, else the innermost with its operations.
function rowOfBox(ops, path) {
  if (!ops.length) return -1;
  const [first, end] = [Math.min(...ops), Math.max(...ops) + 1];
  const around = ROWS.map((_, at) => at).filter((at) => ROWS[at].first <= first && end <= ROWS[at].end);
  return (ops.length > 1 ? around.find((at) => ROWS[at].path === path) : undefined) ?? around.at(-1) ?? -1;
}

function graph() {
  const drawing = document.getElementById('graph-view');
  drawing.querySelector('svg')?.setAttribute('role', 'group');
  for (const box of drawing.querySelectorAll('[data-op]')) {
    const ops = box.getAttribute('data-op').split(' ').filter(Boolean).map(Number);
    const at = rowOfBox(ops, box.getAttribute('data-path'));
    if (at < 0) continue;
    box.setAttribute('tabindex', '0');
    box.setAttribute('role', 'button');
    box.setAttribute('aria-label', ROWS[at].path || ROWS[at].label || ROWS[at].name);
    box.addEventListener('click', (event) => { event.stopPropagation(); choose(at, true); });
    box.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      event.stopPropagation();
      choose(at, true);
    });
    box.rowNumber = at;
  }
}

function choose(at, byPerson) {
  chosen = at;
  for (let up = ROWS[at].parent; up !== null; up = ROWS[up].parent) open.add(up);
  refresh();
  for (const node of document.querySelectorAll('#graph-view [role=button]')) node.classList.toggle('chosen', node.rowNumber === at);
  const place = document.getElementById('details');
  place.replaceChildren(...details(at));
  place.scrollTop = 0;
  if (byPerson && window.matchMedia('(max-width: 1079px)').matches) place.scrollIntoView({ block: 'start' });
}

function details(at) {
  const row = ROWS[at];
  return [
    make('button', { class: 'button back', type: 'button', onclick: () => { document.getElementById('list').scrollIntoView(); focusRow(at); } }, `↑ ${say('to_list')}`),
    heading(row, at),
    make('p', {}, row.what),
    flow(row),
    row.formula ? part('formula', make('div', { class: 'worked mono' }, row.formula)) : '',
    facts(row),
    ...row.outputs.map((value) => numbers(value, row)),
    statistics(row),
    parameters(row),
    source(row),
  ].filter(Boolean);
}

function part(key, ...children) {
  return make('section', {}, make('h3', {}, say(key)), ...children);
}

function heading(row, at) {
  const title = row.path ?? row.label ?? row.name;
  const step = (to, key, sign) => make('button', { class: 'button', type: 'button', 'aria-label': say(key), title: say(key), disabled: !ROWS[to], onclick: () => choose(to, true) }, sign);
  const badges = [row.type, row.operation, row.settings].filter(Boolean);
  if (row.repeat) badges.push(say('again', { count: row.repeat + 1 }));
  if (row.training !== null) badges.push(say(row.training ? 'mode_training' : 'mode_evaluation'));
  if (row.stage === 'loss') badges.push(say('loss_stage'));
  if (row.in_place) badges.push(say('in_place'));
  if (row.view) badges.push(say('is_view'));
  return make('div', { class: 'heading' },
    make('div', {},
      make('h2', { id: 'details-title' }, title || DATA.network),
      make('div', { class: 'badges' }, ...badges.map((badge, place) => make('span', { class: place ? 'badge' : 'badge kind' }, badge)))),
    step(at - 1, 'before', '←'), step(at + 1, 'after', '→'));
}

function flow(row) {
  const box = (value) => {
    const from = value.made_by === null ? -1 : rowOf(value.made_by);
    const inside = [make('b', {}, shapeText(value.shape)), make('span', {}, `${value.name} · ${value.dtype}`)];
    if (from < 0 || ROWS[from] === row) return make('div', { class: 'shape' }, ...inside);
    const name = ROWS[from].path ?? ROWS[from].label ?? ROWS[from].name;
    return make('button', { class: 'shape', type: 'button', title: say('from_row', { name }), onclick: () => choose(from, true) }, ...inside);
  };
  return part('shapes', make('div', { class: 'flow' },
    ...row.inputs.map(box), make('span', { class: 'arrow', 'aria-hidden': 'true' }, '→'),
    ...row.outputs.map((value) => make('div', { class: 'shape' }, make('b', {}, shapeText(value.shape)), make('span', {}, `${value.name} · ${value.dtype}`)))));
}

function facts(row) {
  const totals = DATA.totals;
  const share = (value, total) => (value && total ? make('small', {}, say('share', { percent: ((100 * value) / total).toPrecision(2) })) : '');
  const list = [
    ['parameters', counted(row.size), share(row.size, totals.parameters)],
    ['macs', counted(row.macs), share(row.macs, totals.macs)],
    ['bytes', row.bytes ? size(row.bytes) : say('memory_none'), share(row.bytes, totals.bytes)],
    ['time', seconds(row.seconds), share(row.seconds, totals.seconds)],
  ];
  if (row.receptive_field) list.push(['receptive_field', row.receptive_field, '']);
  return part('facts', make('dl', { class: 'facts' }, ...list.map(([key, value, more]) => make('div', {}, make('dt', {}, say(key)), make('dd', {}, value, more)))));
}

function statistics(row) {
  const names = ['minimum', 'maximum', 'mean', 'deviation', 'zeros', 'not_finite'];
  const list = (found) => make('dl', { class: 'facts' }, ...names.filter((name) => name !== 'not_finite' || found[name]).map((name) => make('div', {},
    make('dt', {}, say(name)),
    make('dd', { class: 'mono' }, found[name] === null ? '–' : name === 'zeros' ? `${text(100 * found[name], 3)} %` : text(found[name])))));
  const [value] = row.outputs;
  if (!value?.statistics) return '';
  const bars = DATA.planes[value.number]?.bars ?? [];
  const most = Math.max(...bars, 1);
  const low = text(value.statistics.minimum, 3);
  const high = text(value.statistics.maximum, 3);
  return make('section', {}, make('h3', {}, say('statistics')), list(value.statistics),
    bars.length && value.shape[0] === 1 ? make('div', { role: 'img', 'aria-label': say('histogram', { low, high }), style: 'margin-top:.6rem' },
      make('div', { class: 'bars' }, ...bars.map((count) => make('i', { style: `height:${(100 * count) / most}%` }))),
      make('div', { class: 'ends' }, make('span', {}, low), make('span', {}, high))) : '',
    value.gradient ? make('div', { style: 'margin-top:.9rem' }, make('h3', {}, say('statistics_gradient')), list(value.gradient)) : '');
}

function parameters(row) {
  if (!row.parameters.length) return '';
  const columns = ['parameter', 'shape', 'count', 'minimum', 'maximum', 'mean', 'deviation'];
  const short4 = (value) => (value === null || value === undefined ? '–' : text(value, 3));
  const list = make('table', { class: 'list' },
    make('thead', {}, make('tr', {}, ...columns.map((key, place) => make('th', { class: place ? 'number' : '' }, say(key))))),
    make('tbody', {}, ...row.parameters.slice(0, 60).map((parameter) => {
      const found = parameter.statistics ?? {};
      const more = parameter.shared_with ? say('shared_with', { name: parameter.shared_with }) : parameter.trainable ? '' : say('frozen');
      return make('tr', {},
        make('td', { class: 'mono' }, parameter.name, more ? make('small', { class: 'muted' }, ` ${more}`) : ''),
        ...[shapeText(parameter.shape), counted(parameter.size), ...['minimum', 'maximum', 'mean', 'deviation'].map((name) => short4(found[name]))].map((value) => make('td', { class: 'number mono' }, value)));
    })));
  const more = row.parameters.length > 60 ? make('p', { class: 'muted small' }, `… ${row.parameters.length - 60}`) : '';
  const weights = row.op === null ? [] : row.parameters.filter((parameter) => DATA.planes[parameter.number]?.data);
  return make('div', {}, part('parameters_own', make('div', { class: 'wide' }, list), more),
    ...weights.map((parameter) => make('div', { style: 'margin-top:1.05rem' }, shown(DATA.planes[parameter.number], say('weights', { name: parameter.name }), parameter.name))));
}

function source(row) {
  if (!row.source) return '';
  const from = row.source;
  return make('section', {}, make('h3', {}, say('source')),
    make('p', { class: 'small', title: from.file }, make('code', {}, `${from.short}:${from.line}`), ' ', make('span', { class: 'muted' }, say('source_in', { function: from.function }))),
    from.code.length ? make('div', { class: 'code', tabindex: 0, role: 'region', 'aria-label': say('source') }, ...from.code.map(([line, code]) =>
      make('div', { class: line === from.line ? 'here' : '' }, make('span', {}, String(line)), code || ' '))) : '');
}

function numbers(value, row) {
  const planes = DATA.planes[value.number];
  if (!planes) return row.op === null ? '' : make('p', { class: 'muted small' }, say('not_kept'));
  if (!planes.data) return make('p', { class: 'muted small' }, say('left_all'));
  const names = DATA.output.includes(value.number) && planes.shape[2] === DATA.classes.length ? DATA.classes : null;
  const count = planes.of[0] * planes.of[1] * planes.of[2];
  return shown(planes, planes.vector ? say('vector', { count: counted(count) }) : say('maps'), row.path || value.name, names);
}

// Numbers of planes: exact, or made from their bytes.
function valuesOf(planes) {
  if (planes.values) return planes.values;
  if (planes.exact) planes.values = floatsOf(planes.data);
  else {
    const step = (planes.high - planes.low) / 254;
    planes.values = Float32Array.from(bytesOf(planes.data), (code) => (code === 255 ? NaN : planes.low + code * step));
  }
  return planes.values;
}

function shown(planes, title, name, names = null) {
  const [count, height, width] = planes.shape;
  const whole = make('section', { class: 'numbers-of' }, make('h3', {}, title));
  const left = leftOut(planes);
  if (planes.vector && width <= 24) whole.append(bars(valuesOf(planes), names));
  else whole.append(...mapsOf(planes, count, height, width, name));
  if (left.length) whole.append(make('p', { class: 'muted small tight' }, left.join(' ')));
  return whole;
}

function leftOut(planes) {
  const [count, , width] = planes.shape;
  const said = [];
  if (planes.vector && width < planes.of[2]) said.push(say('left_numbers', { shown: counted(width), count: counted(planes.of[2]) }));
  if (!planes.vector && count < planes.of[0]) said.push(say('left_planes', { shown: counted(count), count: counted(planes.of[0]) }));
  if (Math.max(...planes.step) > 1) said.push(say('left_pixels', { rows: planes.step[0], columns: planes.step[1], height: planes.of[1], width: planes.of[2] }));
  if (!planes.exact && planes.high > planes.low) said.push(say('not_exact', { step: text((planes.high - planes.low) / 254, 2) }));
  return said;
}

function bars(values, names) {
  const most = Math.max(...values.map(Math.abs), 1e-30);
  const negative = values.some((value) => value < 0);
  const best = values.indexOf(Math.max(...values));
  const scale = scaleOf(negative ? -most : 0, most);
  const zero = negative ? 50 : 0;
  const list = make('div', { class: 'numbers' });
  values.forEach((value, at) => {
    const width = (Math.abs(value) / most) * (negative ? 50 : 100);
    const [red, green, blue] = negative ? colour(Math.sign(value) * most * 0.8, scale) : [46, 125, 190];
    const bar = make('span', { class: 'bar', 'aria-hidden': 'true' }, make('i', { style: `width:${width}%;left:${value < 0 ? zero - width : zero}%;background:rgb(${red},${green},${blue})` }));
    const top = names && at === best ? ' top' : '';
    list.append(make('span', { class: names ? top : `mono muted` }, names ? names[at] : String(at)), bar, make('span', { class: `mono number${top}` }, text(value)));
  });
  return list;
}

// The index of a number in its tensor, from its place in one of the batch.
function indexOf(planes, place) {
  const index = [];
  for (const side of [...planes.inner].reverse()) { index.unshift(place % side); place = Math.floor(place / side); }
  if (planes.sample !== null) index.unshift(planes.sample);
  return index.join(', ');
}

function mapsOf(planes, count, height, width, name) {
  const all = valuesOf(planes);
  const scale = scaleOf(planes.low, planes.high, false);
  let [rows, columns] = [height, width];
  if (planes.vector) { columns = Math.ceil(Math.sqrt(width * 1.8)); rows = Math.ceil(width / columns); }
  const each = height * width;
  let map = 0;
  let place = [-1, -1];
  const plane = (at) => newPlane(planes.vector ? Array.from(all) : all.subarray(at * each, (at + 1) * each), rows, columns, scale);
  let current = plane(0);
  const large = make('canvas', { class: 'large', role: 'img' });
  const reading = make('p', { class: 'reading none', 'aria-live': 'polite' }, say('reading_none'));
  const draw = () => {
    const room = Math.max(160, Math.min(420, (document.getElementById('details').clientWidth || 420) - 48));
    drawPlane(large, current, { room: rows === 1 ? room : Math.min(room, 380), tall: 340, most: 44, rings: place[0] < 0 ? [] : [place] });
  };
  const read = ([row, column]) => {
    const value = current.values[row * columns + column];
    if (value === undefined) return;
    place = [row, column];
    const index = planes.vector ? row * columns + column
      : map * planes.of[1] * planes.of[2] + row * planes.step[0] * planes.of[2] + column * planes.step[1];
    reading.textContent = `${name}[${indexOf(planes, index)}] ${planes.exact ? '=' : '≈'} ${text(value, planes.exact ? 7 : 3)}`;
    reading.classList.remove('none');
    large.setAttribute('aria-label', reading.textContent);
    draw();
  };
  large.setAttribute('aria-label', say('reading_none'));
  readable(large, () => current, () => place, read);
  requestAnimationFrame(draw);
  const bar = legend(scale);
  if (count > 1) bar.append(`· ${say('shared_scale')}`);
  const result = [large, reading, bar];
  if (count > 1) result.push(...thumbnails(count, plane, (at) => { map = at; current = plane(at); if (place[0] >= 0) read(place); else draw(); }));
  return result;
}

function thumbnails(count, plane, show) {
  const first = 32;
  const holder = make('div', { class: 'maps', role: 'group', 'aria-label': say('maps') });
  const add = (from, end) => {
    for (let at = from; at < end; at += 1) {
      const { pixels, height, width } = plane(at);
      const zoom = width <= 8 && height <= 8 ? 44 : 62;
      const longest = Math.max(width, height);
      pixels.style.width = `${Math.max(4, (zoom * width) / longest)}px`;
      pixels.style.height = `${Math.max(4, (zoom * height) / longest)}px`;
      const name = say('channel', { channel: at });
      holder.append(make('button', { type: 'button', 'aria-label': name, title: name, 'aria-pressed': String(at === 0), onclick: (event) => {
        for (const other of holder.children) other.setAttribute('aria-pressed', 'false');
        event.currentTarget.setAttribute('aria-pressed', 'true');
        show(at);
      } }, pixels));
    }
  };
  add(0, Math.min(first, count));
  if (count <= first) return [holder];
  const more = make('button', { class: 'button', type: 'button', style: 'margin-top:.6rem', onclick: () => { add(first, count); more.remove(); } }, say('all_channels', { count: counted(count) }));
  return [holder, more];
}

function foot() {
  if (!DATA.notes.length) return;
  document.getElementById('foot').append(make('h3', {}, say('notes')), make('ul', { class: 'notes' }, ...DATA.notes.map((note) => make('li', {}, note))));
}

header();
tools();
table();
graph();
view('table');
foot();
refresh();
if (ROWS.length) choose(Math.max(0, ROWS.findIndex((row) => row.op !== null)), false);
