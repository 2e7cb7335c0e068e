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
      if (!document.hidden && !part.contains(document.activeElement)) {
        const answer = await fetch(location.href, { headers: { 'X-Live': '1' } });
        const fresh = answer.ok && !answer.redirected
          ? new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById(part.id) : null;
        if (fresh) {
          part.replaceWith(fresh);
          next = fresh;
        }
      }
    } catch { /* The gateway is away for a moment: asked again. */ }
    keepLive(next);
  }, seconds * 1000);
}

document.querySelectorAll('[data-live]').forEach(keepLive);
document.addEventListener('submit', e => {
  const question = e.target.dataset.confirm;
  if (question && !confirm(question)) e.preventDefault();
});
