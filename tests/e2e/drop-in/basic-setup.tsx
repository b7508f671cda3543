import React from 'react';
import { RenumerateProvider, CancelButton } from '@renumerate/js/react';

function MyComponent() {
  const sessionId = "ret_example123"; 
  // Get this from your backend
  // The "Generating a Retention Session Id" section will show you how

  return (
    <RenumerateProvider config={{ publicKey: 'your-public-key' }}>
        {/* Default styled cancel button */}
        <CancelButton sessionId={sessionId} />

        {/* Custom styling cancel button */}
        <CancelButton 
          sessionId={sessionId}
          className="bg-red-500 hover:bg-red-600 text-white px-6 py-2 rounded-lg font-medium transition-colors"
        />
    </RenumerateProvider>
  );
}
