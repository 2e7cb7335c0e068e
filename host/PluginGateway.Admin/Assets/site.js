// Every page works without this script. With it, parts with data-live="seconds" are refreshed, forms with data-confirm ask for
// confirmation, and the button of a form names the selected action (data-submit).
'use strict';

function keepLive(part) {
  const seconds = Number(part.dataset.live);
  if (!(seconds > 0) || !part.id) return;
  setTimeout(async () => {
    let next = part;
    try {
      // Replacing a part that has the focus would discard what was typed or selected.
      if (!paused() && !document.hidden && !part.contains(document.activeElement)) {
        const response = await fetch(location.href, { headers: { 'X-Live': '1' } });
        const updated = response.ok && !response.redirected
          ? new DOMParser().parseFromString(await response.text(), 'text/html').getElementById(part.id) : null;
        if (updated && updated.innerHTML !== part.innerHTML) {
          part.replaceWith(updated);
          next = updated;
        }
      }
    } catch { /* The gateway is unavailable; the next refresh retries. */ }
    keepLive(next);
  }, seconds * 1000);
}

// Remembered for the browser tab.
const paused = () => sessionStorage.getItem('paused') === '1';
const live = document.querySelector('[data-live]:not([data-live="0"])');
if (live) {
  const button = document.createElement('button');
  button.className = 'plain';
  const label = () => { button.textContent = paused() ? 'Resume updates' : 'Pause updates'; };
  button.addEventListener('click', () => { sessionStorage.setItem('paused', paused() ? '0' : '1'); label(); });
  label();
  live.before(button);
}

document.querySelectorAll('[data-live]').forEach(keepLive);
document.addEventListener('submit', e => {
  const question = e.target.dataset.confirm;
  if (question && !confirm(question)) e.preventDefault();
});

const nameAction = () => document.querySelectorAll('input[data-submit]:checked').forEach(choice => {
  choice.form.querySelector('button').textContent = choice.dataset.submit;
});
nameAction();
document.addEventListener('change', nameAction);
// The browser restores the selection before this event when the user goes back.
window.addEventListener('pageshow', nameAction);
