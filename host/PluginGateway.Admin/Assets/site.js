// Every page works without this script. With it, parts with data-live="seconds" are refreshed, forms with data-confirm ask for
// confirmation, the button of a form names the selected action (data-submit), and what was typed survives a sign-in.
'use strict';

function keepLive(part) {
  const seconds = Number(part.dataset.live);
  if (!(seconds > 0) || !part.id) return;
  setTimeout(async () => {
    let next = part;
    if (!paused() && !document.hidden) {
      try {
        const response = await fetch(location.href, { headers: { 'X-Live': '1' }, redirect: 'manual', signal: AbortSignal.timeout(15_000) });
        if (response.ok) {
          const updated = new DOMParser().parseFromString(await response.text(), 'text/html').getElementById(part.id);
          // Replacing a part that has the focus would discard what was typed or selected.
          if (updated && updated.innerHTML !== part.innerHTML && !part.contains(document.activeElement)) {
            part.replaceWith(updated);
            next = updated;
          }
          showFresh();
        } else {
          showStale(response.type === 'opaqueredirect' ? 'sign-in' : response.status >= 500 ? 'unavailable' : 'gone');
        }
      } catch {
        showStale('unreachable');
      }
    }
    keepLive(next);
  }, seconds * 1000);
}

// Says that the page is no longer refreshed, since when and why, and greys what may be out of date.
let freshAt = new Date();
function showStale(reason) {
  document.querySelectorAll('[data-live]').forEach(part => part.classList.add('stale'));
  let note = document.getElementById('stale');
  if (!note) {
    note = document.createElement('p');
    note.id = 'stale';
    note.className = 'problem';
    note.setAttribute('role', 'status');
    document.querySelector('[data-live]').before(note);
  }
  if (note.dataset.reason === reason) return;
  note.dataset.reason = reason;
  const time = freshAt.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  note.textContent = `Not updated since ${time}: `;
  if (reason === 'sign-in') {
    const link = document.createElement('a');
    link.href = '/admin/sign-in?to=' + encodeURIComponent(location.pathname + location.search);
    link.textContent = 'sign in again';
    note.append(link, '.');
  } else {
    note.append({
      unreachable: 'the gateway cannot be reached.', unavailable: 'the gateway is temporarily unavailable.', gone: 'reload the page.',
    }[reason]);
  }
}

function showFresh() {
  freshAt = new Date();
  document.getElementById('stale')?.remove();
  document.querySelectorAll('.stale').forEach(part => part.classList.remove('stale'));
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

// What is typed into a form is kept in the browser tab until another page is shown, so that it survives when the session has ended and
// the user signs in again. Passwords are not kept, and another account does not get it.
const account = document.querySelector('.me a')?.textContent;
const fieldsOf = form => [...form.elements].filter(f => f.name && !['hidden', 'password', 'submit', 'button', 'file'].includes(f.type));
// Hidden fields identify what the form is about. The form token, which belongs to the session, is the exception.
const aboutOf = form => [...form.elements].filter(f => f.type === 'hidden' && f.name !== 'form').map(f => f.name + '=' + f.value).join('&');
const formsOf = () => [...document.querySelectorAll('main form[method=post]')];
const keep = e => {
  const form = e.target.form;
  if (!account || !form || !formsOf().includes(form)) return;
  const values = fieldsOf(form).map(f => [f.name, f.value, f.checked === true]);
  const [action, about] = [form.getAttribute('action'), aboutOf(form)];
  sessionStorage.setItem('typed', JSON.stringify({ account, path: location.pathname, action, about, values }));
};
document.addEventListener('input', keep);
document.addEventListener('change', keep);

function restore(typed) {
  const form = formsOf().find(f => f.getAttribute('action') === typed.action && aboutOf(f) === typed.about);
  if (typed.account !== account || typed.path !== location.pathname || !form) return;
  fieldsOf(form).forEach((field, i) => {
    const [name, value, checked] = typed.values[i] ?? [];
    if (name !== field.name) return;
    if (field.type === 'checkbox' || field.type === 'radio') field.checked = checked && field.value === value;
    else field.value = value;
  });
  form.closest('details')?.setAttribute('open', '');
  const note = document.createElement('p');
  note.className = 'notice';
  note.setAttribute('role', 'status');
  note.textContent = 'What you typed before you signed in again is restored. It has not been saved yet.';
  form.prepend(note);
}

if (location.pathname === '/admin/sign-in') {
  sessionStorage.setItem('signed-out', '1');
} else {
  const typed = JSON.parse(sessionStorage.getItem('typed') ?? 'null');
  if (typed && sessionStorage.getItem('signed-out') === '1') restore(typed);
  sessionStorage.removeItem('typed');
  sessionStorage.removeItem('signed-out');
}

document.addEventListener('submit', e => {
  if (e.target.getAttribute('action') === '/admin/sign-out') sessionStorage.removeItem('typed');
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
