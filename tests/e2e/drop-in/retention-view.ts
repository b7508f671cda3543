renumerate.showRetentionView("sessionId");
