// Every page works without this. With it, parts that carry data-live="seconds" are read again while somebody looks,
// and forms with data-confirm ask first.
'use strict';

function keepLive(part) {
  const seconds = Number(part.dataset.live);
  if (!(seconds > 0) || !part.id) return;
  setTimeout(async () => {
    let next = part;
    try {
      // Not while something in it is used: what is typed or chosen would be gone.
      if (!stopped() && !document.hidden && !part.contains(document.activeElement)) {
        const answer = await fetch(location.href, { headers: { 'X-Live': '1' } });
        const fresh = answer.ok && !answer.redirected
          ? new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById(part.id) : null;
        if (fresh && fresh.innerHTML !== part.innerHTML) {
          part.replaceWith(fresh);
          next = fresh;
        }
      }
    } catch { /* The gateway is away for a moment: asked again. */ }
    keepLive(next);
  }, seconds * 1000);
}

// Whoever reads slowly can stop it; that is remembered while the window is open.
const stopped = () => sessionStorage.getItem('stopped') === '1';
const live = document.querySelector('[data-live]:not([data-live="0"])');
if (live) {
  const button = document.createElement('button');
  button.className = 'plain';
  const say = () => { button.textContent = stopped() ? 'Keep this page up to date' : 'Stop renewing this page'; };
  button.addEventListener('click', () => { sessionStorage.setItem('stopped', stopped() ? '0' : '1'); say(); });
  say();
  live.before(button);
}

document.querySelectorAll('[data-live]').forEach(keepLive);
document.addEventListener('submit', e => {
  const question = e.target.dataset.confirm;
  if (question && !confirm(question)) e.preventDefault();
});
