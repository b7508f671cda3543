// 1) In your callback page (client-side), read token from URL fragment.
const token = new URLSearchParams(window.location.hash.replace(/^#/, "")).get("ci_result_token");
if (!token) throw new Error("Missing ci_result_token");

// 2) Send token to your backend so billing actions stay server-side.
const res = await fetch("/api/billing/cancel-callback", {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({ token }),
});
if (!res.ok) throw new Error("Callback processing failed");
