export async function follow(realm, topics, token, told, last = "") {
  const query = new URLSearchParams({topics, lastEventId: last});
  if (token) {
    const headers = {Authorization: `Bearer ${token}`};
    const answer = await fetch(`${realm}/realtime/tickets`, {method: "POST", headers});
    if (!answer.ok) return told("end", {reason: answer.status});
    query.set("ticket", (await answer.json()).ticket);
  }
  const source = new EventSource(`${realm}/realtime/subscribe?${query}`);
  for (const name of ["start", "message", "gone", "reset", "end"]) {
    source.addEventListener(name, (event) => {
      last = event.lastEventId || last;
      if (name === "end") source.close();
      told(name, JSON.parse(event.data));
    });
  }
  source.addEventListener("error", () => {
    source.close();
    setTimeout(() => follow(realm, topics, token, told, last), 1000 + 4000 * Math.random());
  });
}
