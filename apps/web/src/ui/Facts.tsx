import { styled } from '@mui/material/styles';

/** What is known about one thing: a list of `<div>`, each with a `<dt>` and its `<dd>`, beside each other where there is room. */
export const Facts = styled('dl')(({ theme: { vars, typography } }) => ({
  ...typography.body2,
  display: 'grid',
  gridTemplateColumns: 'repeat(auto-fit, minmax(132px, 1fr))',
  gap: '12px 16px',
  margin: '12px 0 0',
  '& dt': { color: vars.palette.text.secondary, fontSize: '0.8125rem' },
  '& dd': { margin: 0 },
}));
