import { styled } from '@mui/material/styles';

/** A short list to choose one of: the browser's own select, which works best on phones and by keyboard. */
export const Choice = styled('select')(({ theme: { vars, shape } }) => ({
  appearance: 'none',
  height: 36,
  padding: '0 32px 0 12px',
  font: 'inherit',
  fontSize: '0.875rem',
  color: vars.palette.text.primary,
  // Two triangles make the arrow: an image would need an address of its own, and a data: one is not let in.
  background: `linear-gradient(45deg, transparent 50%, currentColor 50%) calc(100% - 17px) 55% / 5px 5px no-repeat,
    linear-gradient(-45deg, transparent 50%, currentColor 50%) calc(100% - 12px) 55% / 5px 5px no-repeat,
    ${vars.palette.background.paper}`,
  border: '1px solid #86908f',
  borderRadius: shape.borderRadius,
  '&:hover': { borderColor: vars.palette.text.primary },
  '&[aria-invalid="true"]': { borderColor: vars.palette.error.main },
  '&:focus-visible': { outline: `2px solid ${vars.palette.primary.main}`, outlineOffset: 1 },
  // Some browsers draw the list in the colors of the system.
  '& option': {
    color: vars.palette.text.primary,
    backgroundColor: vars.palette.background.paper,
  },
}));
