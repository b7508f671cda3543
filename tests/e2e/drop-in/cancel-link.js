const response = await fetch("https://api.retentbase.com/api/v1/cancel-link", {
  method: "POST",
  headers: {
    "Content-Type": "application/json",
    Authorization: "Bearer " + process.env.RETENTBASE_API_KEY,
  },
  body: JSON.stringify({
    userId: "user_123",
    returnUrl: "https://app.example.com/billing/cancel/callback",
    environment: "prod",
    context: {
      plan: "pro_monthly",
      // Advanced only:
      mrr: 129,
      tenureDays: 42,
    },
    metadata: {
      source: "billing_settings_page",
    },
  }),
});

if (!response.ok) throw new Error("cancel-link failed");
const payload = await response.json();
// payload.url, payload.expiresAt, payload.environment, payload.sessionId

return Response.redirect(payload.url, 302);
