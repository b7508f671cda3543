import React from 'react';
import { RenumerateProvider, useRenumerate } from '@renumerate/js/react';

function CustomCancelComponent({ sessionId }: { sessionId: string }) {
  const { open } = useRenumerate({ sessionId });

  const handleCancelClick = () => {
    // You can add custom logic here before opening the retention flow
    if (confirm('Are you sure you want to cancel your subscription?')) {
      open();
    }
  };

  return (
    <button 
      onClick={handleCancelClick}
      className="cancel-subscription-btn"
    >
      Cancel My Subscription
    </button>
  );
}

function App() {
  const sessionId = "ret_example123";

  return (
    <RenumerateProvider config={{ publicKey: 'your-public-key' }}>
      <CustomCancelComponent sessionId={sessionId} />
    </RenumerateProvider>
  );
}
