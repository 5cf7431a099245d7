import Box from '@mui/material/Box';

/** The mark: a safe with a slot on top into which something drops. Decorative; the name stands beside it. */
export function Logo({ size = 28 }: { size?: number }) {
  return (
    <Box
      component="svg"
      viewBox="0 0 32 32"
      aria-hidden="true"
      sx={{ width: size, height: size, flexShrink: 0, color: 'primary.main' }}
    >
      <rect x="2" y="2" width="28" height="28" rx="8" fill="currentColor" />
      <Box component="g" sx={{ color: 'primary.contrastText' }}>
        <rect x="8" y="8" width="16" height="3.2" rx="1.6" fill="currentColor" />
        <circle cx="16" cy="22" r="3.1" fill="none" stroke="currentColor" strokeWidth="2" />
      </Box>
      <path d="M12 11.2h8v3.3l-4 3.6-4-3.6z" fill="#f0b45a" />
    </Box>
  );
}
