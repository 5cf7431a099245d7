import Container from '@mui/material/Container';
import { Component, type ReactNode } from 'react';
import { ProblemAlert } from './ProblemAlert.tsx';

/** Shows something instead of an empty page when a part of the app fails to render. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state = { error: null };

  static getDerivedStateFromError(error: unknown) {
    return { error: error instanceof Error ? error : new Error('Unknown') };
  }

  override render() {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <Container component="main" maxWidth="sm" sx={{ py: 8 }}>
        <ProblemAlert problem={error} onRetry={() => window.location.reload()} />
      </Container>
    );
  }
}
