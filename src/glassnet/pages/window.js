// The arithmetic of a window, from the data of the page alone. It knows no document: tests run it by itself.

// Read the base64 numbers of a window once.
function openWindow(data, read) {
  const { shape } = data.input;
  return {
    ...data,
    inputs: read(data.input.data),
    outputs: read(data.output.data),
    weights: data.weight === null ? null : read(data.weight),
    biases: data.bias === null ? null : read(data.bias),
    height: shape[1],
    width: shape[2],
  };
}

// What one number is made of: `at` is a place among the channels of the page, `row` and `column` likewise.
// A place of a linear layer's output is a channel.
function termsOf(work, at, row, column) {
  const [from, end] = work.sources[at];
  const [kernelHeight, kernelWidth] = work.kernel;
  const [firstRow, firstColumn] = work.input.first;
  const [, wholeHeight, wholeWidth] = work.whole.input;
  const terms = [];
  for (let source = from; source < end; source += 1) {
    for (const [kernelRow, y] of work.rows[row]) {
      for (const [kernelColumn, x] of work.columns[column]) {
        const inside = y >= 0 && y < wholeHeight && x >= 0 && x < wholeWidth;
        const value = inside ? work.inputs[(source * work.height + y - firstRow) * work.width + x - firstColumn] : null;
        const weight = work.weights && work.weights[((at * (end - from) + source - from) * kernelHeight + kernelRow) * kernelWidth + kernelColumn];
        terms.push({ source, kernelRow, kernelColumn, y, x, value, weight });
      }
    }
  }
  return terms;
}

// The number that they make, in float64, and how: `best` is the place of the largest among the terms.
function resultOf(work, terms, at) {
  const inside = terms.filter((term) => term.value !== null);
  if (work.kind === 'max_pool') {
    let best = null;
    for (const term of inside) if (best === null || term.value > best.value || (Number.isNaN(term.value) && !Number.isNaN(best.value))) best = term;
    return { value: best ? best.value : NaN, best, inside: inside.length };
  }
  if (work.kind === 'avg_pool') {
    const divisor = work.divisor === 'places' ? terms.length : work.divisor === 'inside' ? inside.length : work.divisor;
    const sum = inside.reduce((total, term) => total + term.value, 0);
    return { value: sum / divisor, sum, divisor, inside: inside.length };
  }
  const bias = work.biases ? work.biases[at] : 0;
  const sum = inside.reduce((total, term) => total + term.value * term.weight, 0);
  return { value: sum + bias, sum, bias, inside: inside.length };
}

function torchValue(work, at, row, column) {
  const [, height, width] = work.output.shape;
  return work.outputs[(at * height + row) * width + column];
}

// Work numbers of some channels and compare them with PyTorch's own: all, or evenly chosen ones, at most so many terms.
function check(work, channels, most = 3e6) {
  const [, height, width] = work.output.shape;
  const numbers = channels.length * height * width;
  const [from, end] = work.sources[channels[0]];
  const each = Math.max(1, (end - from) * work.kernel[0] * work.kernel[1]);
  const step = Math.max(1, Math.ceil((numbers * each) / most));
  let [difference, checked] = [0, 0];
  for (let place = 0; place < numbers; place += step) {
    const at = channels[Math.floor(place / (height * width))];
    const row = Math.floor((place % (height * width)) / width);
    const column = place % width;
    const ours = resultOf(work, termsOf(work, at, row, column), at).value;
    const theirs = torchValue(work, at, row, column);
    const apart = Object.is(ours, theirs) ? 0 : Math.abs(ours - theirs);
    if (apart > difference || Number.isNaN(apart)) difference = apart;
    checked += 1;
  }
  return { numbers, checked, difference };
}

if (typeof module !== 'undefined') module.exports = { openWindow, termsOf, resultOf, torchValue, check };
