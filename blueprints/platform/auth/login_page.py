"""The HTML pages of auth: a login to try by hand, and where the link of a letter leads. They are no front end."""

LOGIN_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Log in</title></head><body>
<h1>Log in</h1>
<form id="login"><p><label>E-mail <input name="username" type="email" autocomplete="username" required></label></p>
<p><label>Password <input name="password" type="password" autocomplete="current-password" required></label></p>
<p><button>Log in</button></p></form><pre id="answer"></pre><script src="login-page.js"></script></body></html>
"""

LOGIN_SCRIPT = """document.getElementById('login').addEventListener('submit', async (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  const answer = await fetch('login', {method: 'POST', headers: {'Content-Type': 'application/json'},
    body: JSON.stringify({username: form.get('username'), password: form.get('password')})});
  document.getElementById('answer').textContent = JSON.stringify(await answer.json(), null, 2);
});
"""

VERIFICATION_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="referrer"
content="no-referrer"><title>Verification</title></head><body><h1 id="title">Verification</h1>
<form id="proof"><p><label><span id="asked">Password</span>
<input name="password" type="password" required></label></p>
<p><button>Go on</button></p></form><p id="answer"></p><script src="verification-page.js"></script></body></html>
"""

# Nothing happens when the page is opened: programs that look into letters open every link.
VERIFICATION_SCRIPT = """const said = new URLSearchParams(location.hash.slice(1));
history.replaceState(null, '', location.pathname);
const asked = {'email-verification': 'The password you registered with',
  'password-reset-by-email': 'Your new password'}[said.get('service')];
document.getElementById('asked').textContent = asked || 'This link is not complete';
document.getElementById('proof').addEventListener('submit', async (event) => {
  event.preventDefault();
  if (!asked) return;
  const answer = await fetch('verification-services/' + said.get('service') + '/complete', {method: 'POST',
    headers: {'Content-Type': 'application/json'}, body: JSON.stringify({email: said.get('email'),
      secretCode: said.get('code'), password: new FormData(event.target).get('password')})});
  const body = await answer.json();
  document.getElementById('answer').textContent = answer.ok ? 'Done. You can log in.' : body.message;
});
"""
