// What both forms share: the heading.

function header() {
  const badges = [DATA.type ?? DATA.operation, DATA.type ? DATA.operation : null, DATA.settings].filter(Boolean);
  document.getElementById('top').append(
    DATA.picture ? make('img', { class: 'seen', src: DATA.picture, alt: say('picture') }) : '',
    make('div', {}, make('h1', {}, DATA.name),
      make('div', { class: 'badges' }, ...badges.map((badge, at) => make('span', { class: at ? 'badge' : 'badge kind' }, badge))),
      make('p', { class: 'muted' }, DATA.what)));
}

header();
if (DATA.window) showWindow(); else showOther();
