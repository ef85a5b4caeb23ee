"""The page where the link of a statement leads: it takes an appeal from whoever cannot log in (M-10). It is no front
end."""

APPEAL_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="referrer"
content="no-referrer"><title>Appeal</title></head><body><h1>Appeal</h1>
<form id="appeal"><p id="asked">Please say why you think that we are wrong. Somebody else looks at it again, where
another member of our staff is there.</p>
<p><label>Your appeal<br><textarea name="text" rows="12" cols="72" maxlength="5000" required></textarea></label></p>
<p><button>Send</button></p></form><p id="answer" role="status"></p><script src="appeal-page.js"></script></body></html>
"""

# Nothing happens when the page is opened: programs that look into letters open every link.
APPEAL_SCRIPT = """const said = new URLSearchParams(location.hash.slice(1));
history.replaceState(null, '', location.pathname);
const strike = said.has('strike') ? Number(said.get('strike')) : undefined;
const isWhole = said.get('token') && (strike === undefined || Number.isInteger(strike) && strike > 0);
if (!isWhole) document.getElementById('asked').textContent = 'This link is not complete';
document.getElementById('appeal').addEventListener('submit', async (event) => {
  event.preventDefault();
  if (!isWhole) return;
  const answer = await fetch('v1/appeals', {method: 'POST', headers: {'Content-Type': 'application/json'},
    body: JSON.stringify({strikeNumber: strike, token: said.get('token'),
      text: new FormData(event.target).get('text')})});
  const body = await answer.json();
  document.getElementById('answer').textContent = answer.ok
    ? 'We have your appeal. The answer comes by letter.' : body.message;
  if (answer.ok) event.target.hidden = true;
});
"""
