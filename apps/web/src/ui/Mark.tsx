import { styled } from '@mui/material/styles';

/** A few words in a frame, about the row that they stand in. The color only underlines what the words say. */
export const Mark = styled('span', { shouldForwardProp: (name) => name !== 'tone' })<{
  tone?: 'primary' | 'warning' | 'success' | 'quiet';
}>(({ theme: { vars }, tone = 'primary' }) => {
  const color = tone === 'quiet' ? vars.palette.text.secondary : vars.palette[tone].main;
  return {
    display: 'inline-block',
    padding: '0 8px',
    border: `1px solid ${color}`,
    borderRadius: 10,
    color,
    fontSize: '0.75rem',
    fontWeight: 600,
    lineHeight: '18px',
    whiteSpace: 'nowrap',
  };
});
