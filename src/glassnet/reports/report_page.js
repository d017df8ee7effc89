// The page can be read without this: it shows the pictures of a cell, sorts the classes, copies commands.

const DATA = JSON.parse(document.getElementById('data').textContent);

function say(key, fields = {}) {
  return DATA.words[key].replace(/\{(\w+)\}/g, (_, name) => String(fields[name]));
}

// Make an element; children are elements or text, never markup.
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// One picture of a sheet, as the page itself draws them.
function picture([id, columns, across, down, width, height], place, name) {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  const box = [(place % columns) * across, Math.floor(place / columns) * down, width, height];
  svg.setAttribute('viewBox', box.join(' '));
  svg.setAttribute('class', 'pic');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', name);
  const title = document.createElementNS(space, 'title');
  title.textContent = name;
  const use = document.createElementNS(space, 'use');
  use.setAttribute('href', `#${id}`);
  svg.append(title, use);
  return svg;
}

function showCell(button) {
  const [row, column] = button.dataset.cell.split(',');
  const shown = DATA.cells[button.dataset.cell] || [];
  const total = Number(button.dataset.count);
  const name = DATA.classes[row];
  const said = DATA.classes[column];
  const title = row === column ? say('cell_right', { name }) : say('cell_title', { name, said });
  const note = total === 0 ? say('cell_none')
    : shown.length === total ? say('cell_all', { count: total.toLocaleString('en-US') })
      : say('cell_shown', { shown: shown.length, count: total.toLocaleString('en-US') });
  const figures = shown.map(([place, index, sure]) => {
    const path = DATA.paths[index];
    return make('figure', { title: path }, picture(DATA.sheets[row], place, path), make('figcaption', {}, `${sure.toFixed(0)} %`));
  });
  document.getElementById('cell').replaceChildren(
    make('h3', {}, title), make('p', { class: 'small muted' }, note), make('div', { class: 'shown' }, ...figures),
  );
  for (const other of document.querySelectorAll('.matrix [aria-expanded=true]')) other.setAttribute('aria-expanded', 'false');
  button.setAttribute('aria-expanded', 'true');
}

const matrix = document.querySelector('.matrix');
if (matrix) {
  const rows = [...matrix.tBodies[0].rows].map((row) => [...row.querySelectorAll('button')]);
  const hasPictures = matrix.dataset.pictures === 'yes';
  rows.forEach((row, y) => row.forEach((button, x) => {
    if (hasPictures) {
      button.setAttribute('aria-expanded', 'false');
      button.setAttribute('aria-controls', 'cell');
      button.addEventListener('click', () => showCell(button));
    }
    button.addEventListener('focus', () => {
      for (const other of rows.flat()) other.tabIndex = other === button ? 0 : -1;
    });
    button.addEventListener('keydown', (event) => {
      const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
      const next = step && (rows[y + step[0]] || [])[x + step[1]];
      if (step) event.preventDefault();
      if (next) next.focus();
    });
  }));
  const choice = document.getElementById('cells-show');
  choice.hidden = false;
  for (const button of choice.children) {
    button.addEventListener('click', () => {
      for (const other of choice.children) other.setAttribute('aria-pressed', String(other === button));
      for (const cell of rows.flat()) {
        const { count, share } = cell.dataset;
        cell.textContent = count === '0' ? '·' : button.dataset.show === 'count' ? count : Number(share) < 0.95 ? '<1' : Math.round(Number(share));
      }
    });
  }
}

// A click on the head of a column sorts the classes by it.
const classes = document.getElementById('class-table');
if (classes) {
  const heads = [...classes.tHead.rows[0].cells];
  const value = (row, place) => {
    const text = row.cells[place].textContent.trim();
    const number = parseFloat(text.replace(/,/g, ''));
    return place === 0 ? text : Number.isNaN(number) ? -1 : number;
  };
  heads.forEach((head, place) => {
    const button = make('button', { type: 'button' }, head.textContent);
    head.replaceChildren(button);
    button.addEventListener('click', () => {
      const down = head.getAttribute('aria-sort') === 'ascending';
      heads.forEach((other) => other.removeAttribute('aria-sort'));
      head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      const sorted = [...classes.tBodies[0].rows].sort((a, b) => {
        const [left, right] = [value(a, place), value(b, place)];
        const order = typeof left === 'string' ? left.localeCompare(right) : left - right;
        return down ? -order : order;
      });
      classes.tBodies[0].append(...sorted);
    });
  });
}

for (const button of document.querySelectorAll('.copy')) {
  const text = button.parentElement.querySelector('code').textContent;
  button.hidden = !navigator.clipboard;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = say('copied');
    setTimeout(() => { button.textContent = say('copy'); }, 1500);
  });
}

// The section that is read is marked in the list of contents.
const links = new Map([...document.querySelectorAll('nav a')].map((link) => [link.hash.slice(1), link]));
if (window.IntersectionObserver) {
  const watch = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      for (const link of links.values()) link.removeAttribute('aria-current');
      links.get(entry.target.id).setAttribute('aria-current', 'true');
    }
  }, { rootMargin: '-20% 0px -70% 0px' });
  for (const section of document.querySelectorAll('main > section')) if (links.has(section.id)) watch.observe(section);
}
