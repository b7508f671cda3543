const privateKey = process.env.RENUMERATE_PRIVATE_KEY;

const requestBody = {
  retention: {
    customer_id: "cus_NffrFeUfNV2Hib", // Example stripe id
    // OR use customer_email instead:
    // customer_email: "john.doe@example.com",
    subscription_id: "sub_1MowQVLkdIwHu7ixeRlqHVzs", // Optional: specific subscription
  },
};

const response = await fetch("https://api.renumerate.com/v1/retention/session", {
  method: "POST",
  headers: {
    "Content-Type": "application/json",
    "X-Brand-Key": privateKey,
  },
  body: JSON.stringify(requestBody),
});

const { id } = await response.json();
