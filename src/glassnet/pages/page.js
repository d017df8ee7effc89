// Shared by both pages: words, numbers as text, elements, colours, planes of numbers.

const DATA = typeof document === 'undefined' ? null : JSON.parse(document.getElementById('data').textContent);

function say(key, fields = {}) {
  return DATA.words[key].replace(/\{(\w+)\}/g, (_, name) => String(fields[name]));
}

// At most `digits` significant digits, whole numbers without a point; a true minus sign.
function text(value, digits = 4) {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  const size = Math.abs(value);
  let written;
  if (Number.isInteger(value) && size < 1e7) written = String(value);
  else if (size < 1e-4 || size >= 1e7) written = value.toExponential(digits - 1).replace(/\.?0+e/, 'e').replace('e+', 'e');
  else written = String(Number(value.toPrecision(digits)));
  return written.replace(/-/g, '−').replace(/^−0$/, '0');
}

// A number for a small cell: at most five characters.
function short(value) {
  if (!Number.isFinite(value)) return text(value);
  const size = Math.abs(value);
  let written;
  if (Number.isInteger(value) && size < 1000) written = String(value);
  else if (size < 0.005) written = '~0';
  else if (size < 1) written = value.toFixed(2).replace('0.', '.');
  else if (size < 10) written = value.toFixed(2);
  else if (size < 100) written = value.toFixed(1);
  else if (size < 1e4) written = value.toFixed(0);
  else written = value.toExponential(0).replace('e+', 'e');
  return written.replace(/-/g, '−').replace(/^−0$/, '0');
}

function counted(value) {
  return value.toLocaleString('en-US');
}

function shapeText(shape) {
  return shape.length ? shape.join('×') : '1';
}

// Make an element; children are elements or text, never markup.
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'class') element.className = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ''));
  return element;
}

function bytesOf(base64) {
  const raw = atob(base64);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i += 1) bytes[i] = raw.charCodeAt(i);
  return bytes;
}

function floatsOf(base64) {
  return new Float32Array(bytesOf(base64).buffer);
}

// Three scales of colour: `signed` has white at zero, `positive` begins at zero, `grey` is for pictures.
const SCALES = {
  signed: [[-1, 33, 102, 172], [-0.5, 122, 177, 216], [0, 248, 248, 247], [0.5, 234, 146, 114], [1, 178, 24, 43]],
  positive: [[0, 12, 20, 32], [0.25, 24, 70, 110], [0.5, 33, 132, 141], [0.75, 122, 196, 110], [1, 253, 238, 140]],
  grey: [[0, 0, 0, 0], [1, 255, 255, 255]],
};

function scaleOf(low, high, grey) {
  if (grey) return { name: 'grey', low, high };
  if (low < 0) {
    const most = Math.max(-low, high);
    return { name: 'signed', low: -most, high: most };
  }
  return { name: 'positive', low: 0, high: high || 1 };
}

function colour(value, scale) {
  if (!Number.isFinite(value)) return [214, 0, 214];
  const stops = SCALES[scale.name];
  const first = stops[0][0];
  const width = scale.high - scale.low || 1;
  const at = Math.min(1, Math.max(first, scale.name === 'signed' ? value / (scale.high || 1) : (value - scale.low) / width));
  let next = 1;
  while (next < stops.length - 1 && stops[next][0] < at) next += 1;
  const [a, b] = [stops[next - 1], stops[next]];
  const share = (at - a[0]) / (b[0] - a[0]);
  return [1, 2, 3].map((part) => Math.round(a[part] + share * (b[part] - a[part])));
}

// Paint numbers, one pixel each, on a canvas that CSS enlarges.
function paint(canvas, values, height, width, scale) {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  const image = context.createImageData(width, height);
  for (let i = 0; i < height * width; i += 1) {
    if (values[i] === undefined) continue; // nothing is there: see-through
    const [red, green, blue] = colour(values[i], scale);
    image.data.set([red, green, blue, 255], 4 * i);
  }
  context.putImageData(image, 0, 0);
}

// A bar of the colours with the numbers at its ends.
function legend(scale) {
  const bar = make('canvas', { 'aria-hidden': 'true' });
  const steps = 128;
  const values = Array.from({ length: steps }, (_, i) => scale.low + ((scale.high - scale.low) * i) / (steps - 1));
  paint(bar, values, 1, steps, scale);
  bar.style.width = '128px';
  bar.style.height = '10px';
  const middle = scale.name === 'signed' ? `  (${say('zero_is_white')})` : '';
  return make('div', { class: 'scale' }, text(scale.low), bar, text(scale.high) + middle);
}
