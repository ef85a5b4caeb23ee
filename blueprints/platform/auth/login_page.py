"""The HTML page behind `GET /login`: for trying a login by hand, not a front end."""

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
