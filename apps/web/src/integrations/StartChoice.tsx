import { integrationPresets } from '@dropsafe/contract/integration-presets';
import { integrationTypes, type IntegrationType } from '@dropsafe/contract/integration-types';
import Box from '@mui/material/Box';
import ButtonBase from '@mui/material/ButtonBase';
import DialogContent from '@mui/material/DialogContent';
import Typography from '@mui/material/Typography';
import { styled } from '@mui/material/styles';
import { useId, type ReactNode } from 'react';

/** What a new integration begins with: a type, and a preset where one is known. */
export interface Start {
  type: IntegrationType;
  preset: string | undefined;
}

/** The first step of a new integration: which system, or which type where the system is not known here. */
export function StartChoice({ onChoose }: { onChoose: (start: Start) => void }) {
  const presets = Object.entries(integrationPresets);
  const types = Object.entries(integrationTypes) as [
    IntegrationType,
    { title: string; help: string },
  ][]; // as: Object.entries forgets the names
  return (
    <DialogContent sx={{ display: 'grid', gap: 3, alignContent: 'start', pt: '8px !important' }}>
      <Group title="A system that is known here" width={{ xs: 140, sm: 190 }}>
        {presets.map(([preset, { title, type }], index) => (
          <li key={preset}>
            <Card autoFocus={index === 0} onClick={() => onChoose({ type, preset })}>
              <strong>{title}</strong>
            </Card>
          </li>
        ))}
      </Group>
      <Group title="Any other" width={{ xs: 240, sm: 240 }}>
        {types.map(([type, { title, help }]) => (
          <li key={type}>
            <Card onClick={() => onChoose({ type, preset: undefined })}>
              <strong>{hasPresets(type) ? `Other ${title}` : title}</strong>
              <span>{help}</span>
            </Card>
          </li>
        ))}
      </Group>
    </DialogContent>
  );
}

const hasPresets = (type: IntegrationType) =>
  Object.values(integrationPresets).some((preset) => preset.type === type);

interface GroupProps {
  title: string;
  /** Of a card at least, in pixels: on a phone, and elsewhere. */
  width: { xs: number; sm: number };
  children: ReactNode;
}

function Group({ title, width, children }: GroupProps) {
  const id = useId();
  return (
    <Box>
      <Typography id={id} component="h3" variant="body2" sx={{ fontWeight: 600, mb: 1 }}>
        {title}
      </Typography>
      <Box
        component="ul"
        aria-labelledby={id}
        sx={{
          display: 'grid',
          gridTemplateColumns: { xs: columnsOf(width.xs), sm: columnsOf(width.sm) },
          gap: 1.25,
          m: 0,
          p: 0,
          listStyle: 'none',
          '& > li': { display: 'grid' },
        }}
      >
        {children}
      </Box>
    </Box>
  );
}

const columnsOf = (width: number) => `repeat(auto-fill, minmax(min(${width}px, 100%), 1fr))`;

const Card = styled(ButtonBase)(({ theme: { vars, typography, shape } }) => ({
  ...typography.body2,
  display: 'grid',
  alignContent: 'start',
  justifyContent: 'start',
  justifyItems: 'start',
  gap: 2,
  minHeight: 48,
  padding: '12px 14px',
  textAlign: 'left',
  // WCAG 1.4.11: the border is what shows that there is something to press.
  border: '1px solid #86908f',
  borderRadius: shape.borderRadius,
  background: vars.palette.background.paper,
  '&:hover': { borderColor: vars.palette.primary.main, background: vars.palette.action.hover },
  '& > span': { color: vars.palette.text.secondary, fontSize: '0.8125rem' },
}));
