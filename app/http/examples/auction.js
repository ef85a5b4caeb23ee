import {follow} from "./follow.js";

const realm = location.pathname.replace(/\/examples\/.*/, "/marketplace");
const at = (id) => document.getElementById(id);
let token = null, auction = null, round = 0;

async function call(path, body) {
  const headers = {"Content-Type": "application/json", ...(token && {Authorization: `Bearer ${token}`})};
  const answer = await fetch(`${realm}/${path}`, body ? {method: "POST", headers, body: JSON.stringify(body)} : {headers});
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.message);
  return said;
}

function show(row) {
  if (row.id !== auction.id || row.recordVersion < auction.recordVersion) return;
  const price = `${row.currentBid ?? row.startPrice} ${row.currency}`;
  at("price").className = at("price").textContent === price ? "" : "new";
  at("price").textContent = price;
  at("end").textContent = row.closedAt ? "Closed." : `Ends ${new Date(row.effectiveEnd).toLocaleString()}.`;
  auction = row;
}

async function read() {
  const path = `productlisting-api/v1/productlistingproducts/${auction.id}`;
  show((await call(path)).productListingProduct);
}

async function watch() {
  at("state").textContent = "…";
  const mine = ++round, bids = "ebaycclone-auctionoffer-service-dbevent-auctionofferbid-created";
  const topics = `productListingProduct/${auction.id}` + (token ? `,${bids}` : "");
  await follow(realm, topics, token, (name, said) => {
    if (mine !== round) return;
    at("state").textContent = name === "end" ? "Your login is over." : "live";
    if (name === "start" || name === "reset") read();
    if (name === "gone") at("end").textContent = "No longer on sale.";
    if (name !== "message") return;
    if (said.type.includes("productlistingproduct-")) show(said.data);
    else if (said.data.productId === auction.id) tell(said.data);
  });
}

function tell(bid) {
  const line = document.createElement("li");
  line.textContent = `${bid.bidAmount} ${bid.currency}`;
  at("bids").prepend(line);
}

at("auctions").addEventListener("change", (event) => {
  auction = JSON.parse(event.target.value);
  at("bids").replaceChildren();
  show(auction);
  watch();
});

at("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    token = (await call("auth-api/login", Object.fromEntries(new FormData(event.target)))).accessToken;
    event.target.hidden = !(at("bid").hidden = false);
    at("answer").textContent = "";
    watch();
  } catch (error) { at("answer").textContent = error.message; }
});

at("bid").addEventListener("submit", async (event) => {
  event.preventDefault();
  const bidAmount = Number(new FormData(event.target).get("amount"));
  try {
    await call("auctionoffer-api/v1/auctionofferbids", {productId: auction.id, bidAmount, currency: auction.currency});
    at("answer").textContent = "Your bid stands.";
  } catch (error) { at("answer").textContent = error.message; }
});

const listed = await call("productlisting-api/v1/productlistingproducts?type=AUCTION&pageRowCount=100");
const running = listed.productListingProducts.filter((row) => !row.closedAt && new Date(row.effectiveEnd) > new Date());
for (const row of running) at("auctions").add(new Option(row.title, JSON.stringify(row)));
if (running.length) at("auctions").dispatchEvent(new Event("change"));
else at("state").textContent = "No auction runs.";
