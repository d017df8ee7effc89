// A plane of numbers on a canvas: cells, the numbers in them where they fit, padding as dashes, rings.

// `rows` and `columns` are [from, end) of what is drawn; places outside the numbers are padding.
function newPlane(values, height, width, scale, reach) {
  const pixels = make('canvas');
  paint(pixels, values, height, width, scale);
  return {
    values, height, width, scale, pixels,
    rows: reach ? reach[0] : [0, height],
    columns: reach ? reach[1] : [0, width],
  };
}

function cssColour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function isDark(value, scale) {
  const [red, green, blue] = colour(value, scale);
  return 0.299 * red + 0.587 * green + 0.114 * blue < 140;
}

// Draw a plane at most `room` wide and `tall` high; `rings` are places to mark.
function drawPlane(canvas, plane, { room, tall = room, most = 64, rings = [], frame = false }) {
  const rows = plane.rows[1] - plane.rows[0];
  const columns = plane.columns[1] - plane.columns[0];
  let cell = Math.min(room / columns, tall / rows, most);
  if (cell >= 4) cell = Math.floor(cell);
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [columns * cell, rows * cell];
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  canvas.cell = cell;
  const context = canvas.getContext('2d');
  context.scale(ratio, ratio);
  context.imageSmoothingEnabled = false;
  const left = -plane.columns[0] * cell;
  const top = -plane.rows[0] * cell;
  drawPadding(context, plane, cell);
  context.drawImage(plane.pixels, left, top, plane.width * cell, plane.height * cell);
  if (cell >= 9) drawLines(context, plane, cell, left, top);
  if (cell >= 26) drawNumbers(context, plane, cell, left, top);
  drawRings(context, plane, cell, rings, frame);
}

function drawPadding(context, plane, cell) {
  context.strokeStyle = cssColour('--muted');
  context.lineWidth = 1;
  context.setLineDash(cell >= 16 ? [4, 3] : [2, 2]);
  for (let row = plane.rows[0]; row < plane.rows[1]; row += 1) {
    for (let column = plane.columns[0]; column < plane.columns[1]; column += 1) {
      const inside = row >= 0 && row < plane.height && column >= 0 && column < plane.width;
      if (!inside && cell >= 4) {
        context.strokeRect((column - plane.columns[0]) * cell + 0.5, (row - plane.rows[0]) * cell + 0.5, cell - 1, cell - 1);
      }
    }
  }
  context.setLineDash([]);
}

function drawLines(context, plane, cell, left, top) {
  context.strokeStyle = 'rgba(128, 140, 152, .35)';
  context.beginPath();
  for (let row = 1; row < plane.height; row += 1) {
    context.moveTo(left, top + row * cell + 0.5);
    context.lineTo(left + plane.width * cell, top + row * cell + 0.5);
  }
  for (let column = 1; column < plane.width; column += 1) {
    context.moveTo(left + column * cell + 0.5, top);
    context.lineTo(left + column * cell + 0.5, top + plane.height * cell);
  }
  context.stroke();
}

function drawNumbers(context, plane, cell, left, top) {
  const size = cell >= 44 ? 15 : cell >= 34 ? 12 : 9.5;
  context.font = `${size}px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  for (let row = 0; row < plane.height; row += 1) {
    for (let column = 0; column < plane.width; column += 1) {
      const value = plane.values[row * plane.width + column];
      if (value === undefined) continue;
      context.fillStyle = isDark(value, plane.scale) ? '#fff' : '#16202b';
      context.fillText(short(value), left + (column + 0.5) * cell, top + (row + 0.5) * cell, cell - 3);
    }
  }
}

// Mark places; where cells are small, or with `frame`, also what is around them all.
function drawRings(context, plane, cell, rings, frame) {
  if (!rings.length) return;
  const x = (column) => (column - plane.columns[0]) * cell;
  const y = (row) => (row - plane.rows[0]) * cell;
  const mark = cssColour('--mark');
  context.lineWidth = cell >= 34 ? 3 : cell >= 20 ? 2 : 1;
  context.strokeStyle = mark;
  const edge = context.lineWidth / 2;
  if (cell >= 9 || rings.length === 1) {
    for (const [row, column] of rings) context.strokeRect(x(column) + edge, y(row) + edge, cell - 2 * edge, cell - 2 * edge);
  }
  if (frame || cell < 6) {
    const xs = rings.map((place) => x(place[1]));
    const ys = rings.map((place) => y(place[0]));
    let [left, top] = [Math.min(...xs), Math.min(...ys)];
    let [wide, high] = [Math.max(...xs) + cell - left, Math.max(...ys) + cell - top];
    const grow = Math.max(0, 7 - wide) / 2;
    [left, top, wide, high] = [left - grow, top - grow, wide + 2 * grow, high + 2 * grow];
    context.lineWidth = 4;
    context.strokeStyle = '#fff';
    context.strokeRect(left, top, wide, high);
    context.lineWidth = 2;
    context.strokeStyle = mark;
    context.strokeRect(left, top, wide, high);
  }
}

// The place under a pointer, or null outside the numbers.
function placeUnder(event, canvas, plane) {
  const box = canvas.getBoundingClientRect();
  const column = Math.floor(((event.clientX - box.left) / box.width) * (plane.columns[1] - plane.columns[0])) + plane.columns[0];
  const row = Math.floor(((event.clientY - box.top) / box.height) * (plane.rows[1] - plane.rows[0])) + plane.rows[0];
  const inside = row >= 0 && row < plane.height && column >= 0 && column < plane.width;
  return inside ? [row, column] : null;
}

const STEPS_OF_KEYS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

// Let a canvas be read by pointer, finger and arrow keys: `choose` gets [row, column].
function readable(canvas, plane, place, choose) {
  canvas.tabIndex = 0;
  const pick = (event) => {
    const found = placeUnder(event, canvas, plane());
    if (found) choose(found);
  };
  canvas.addEventListener('pointermove', pick);
  canvas.addEventListener('pointerdown', pick);
  canvas.addEventListener('keydown', (event) => {
    const step = STEPS_OF_KEYS[event.key];
    if (!step) return;
    event.preventDefault();
    const [row, column] = place();
    const { height, width } = plane();
    choose([Math.min(height - 1, Math.max(0, row + step[0])), Math.min(width - 1, Math.max(0, column + step[1]))]);
  });
}
